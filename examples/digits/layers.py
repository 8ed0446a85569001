"""The few neural-network layers that train.py needs, in numpy, with their gradients.

Images are [N, C, H, W]. A layer has `forward(x, training)`, `backward(gradient)` which also stores the gradients of its
parameters, and `parameters()` which lists (values, gradient) pairs.
"""

from __future__ import annotations

import numpy as np


class Conv:
    """A square convolution of stride 1 that keeps the image's size; `depthwise` gives each channel its own filter."""

    def __init__(self, random, inputs, outputs, kernel, depthwise=False):
        self.kernel, self.depthwise = kernel, depthwise
        fan_in = kernel * kernel * (1 if depthwise else inputs)
        shape = (outputs, 1 if depthwise else inputs, kernel, kernel)
        self.weight = (random.standard_normal(shape) * np.sqrt(2 / fan_in)).astype(np.float32)
        self.weight_gradient = np.zeros_like(self.weight)

    def forward(self, x, training):
        pad = self.kernel // 2
        self.shape = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        # [N, C, H, W, k, k]: the patch around each pixel.
        self.patches = np.lib.stride_tricks.sliding_window_view(padded, (self.kernel, self.kernel), (2, 3))
        if self.depthwise:
            return np.einsum("nchwij,cij->nchw", self.patches, self.weight[:, 0], optimize=True)
        n, c, h, w = x.shape
        self.columns = self.patches.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, -1)
        out = self.columns @ self.weight.reshape(len(self.weight), -1).T
        return out.reshape(n, h, w, -1).transpose(0, 3, 1, 2)

    def backward(self, gradient):
        n, c, h, w = self.shape
        pad, k = self.kernel // 2, self.kernel
        into = np.zeros((n, c, h + 2 * pad, w + 2 * pad), np.float32)
        if self.depthwise:
            self.weight_gradient[:, 0] = np.einsum("nchwij,nchw->cij", self.patches, gradient, optimize=True)
            for i in range(k):
                for j in range(k):
                    into[:, :, i : i + h, j : j + w] += gradient * self.weight[:, 0, i, j].reshape(1, -1, 1, 1)
        else:
            flat = gradient.transpose(0, 2, 3, 1).reshape(n * h * w, -1)
            self.weight_gradient[:] = (flat.T @ self.columns).reshape(self.weight.shape)
            patches = (flat @ self.weight.reshape(len(self.weight), -1)).reshape(n, h, w, c, k, k)
            for i in range(k):
                for j in range(k):
                    into[:, :, i : i + h, j : j + w] += patches[..., i, j].transpose(0, 3, 1, 2)
        return into[:, :, pad : pad + h, pad : pad + w]

    def parameters(self):
        return [(self.weight, self.weight_gradient)]


class BatchNorm:
    """Normalizes each channel; folded into the convolution before it when the model is exported."""

    epsilon = 1e-5

    def __init__(self, channels):
        self.scale = np.ones(channels, np.float32)
        self.shift = np.zeros(channels, np.float32)
        self.gradients = [np.zeros(channels, np.float32), np.zeros(channels, np.float32)]
        self.mean = np.zeros(channels, np.float32)
        self.variance = np.ones(channels, np.float32)

    def forward(self, x, training):
        if training:
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3))
            self.mean += np.float32(0.1) * (mean - self.mean)
            self.variance += np.float32(0.1) * (variance - self.variance)
        else:
            mean, variance = self.mean, self.variance
        self.inverse = (1 / np.sqrt(variance + np.float32(self.epsilon))).reshape(1, -1, 1, 1)
        self.normalized = (x - mean.reshape(1, -1, 1, 1)) * self.inverse
        return self.normalized * self.scale.reshape(1, -1, 1, 1) + self.shift.reshape(1, -1, 1, 1)

    def backward(self, gradient):
        self.gradients[0][:] = (gradient * self.normalized).sum((0, 2, 3))
        self.gradients[1][:] = gradient.sum((0, 2, 3))
        count = np.float32(gradient.size / gradient.shape[1])
        mean_gradient = (self.gradients[1] / count).reshape(1, -1, 1, 1)
        mean_product = (self.gradients[0] / count).reshape(1, -1, 1, 1)
        scaled = self.scale.reshape(1, -1, 1, 1) * self.inverse
        return scaled * (gradient - mean_gradient - self.normalized * mean_product)

    def parameters(self):
        return [(self.scale, self.gradients[0]), (self.shift, self.gradients[1])]

    def folded(self, weight):
        """The weight and bias of a convolution that does both: W·s/σ and shift − mean·s/σ."""
        factor = self.scale / np.sqrt(self.variance + np.float32(self.epsilon))
        return weight * factor.reshape(-1, 1, 1, 1), self.shift - self.mean * factor


class Relu:
    def forward(self, x, training):
        self.positive = x > 0
        return x * self.positive

    def backward(self, gradient):
        return gradient * self.positive

    def parameters(self):
        return []


class MaxPool:
    """2 × 2, stride 2."""

    def forward(self, x, training):
        n, c, h, w = x.shape
        blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
        out = blocks.max((3, 5))
        largest = blocks == out[:, :, :, None, :, None]
        # Equal maxima share the gradient.
        self.share = largest / largest.sum((3, 5), keepdims=True, dtype=np.float32)
        return out

    def backward(self, gradient):
        n, c, h, w = gradient.shape
        return (self.share * gradient[:, :, :, None, :, None]).reshape(n, c, h * 2, w * 2)

    def parameters(self):
        return []


class Residual:
    """x + inner(x)."""

    def __init__(self, *inner):
        self.inner = inner

    def forward(self, x, training):
        y = x
        for layer in self.inner:
            y = layer.forward(y, training)
        return x + y

    def backward(self, gradient):
        inner = gradient
        for layer in reversed(self.inner):
            inner = layer.backward(inner)
        return gradient + inner

    def parameters(self):
        return [pair for layer in self.inner for pair in layer.parameters()]


class Flatten:
    def forward(self, x, training):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, gradient):
        return gradient.reshape(self.shape)

    def parameters(self):
        return []


class Dropout:
    def __init__(self, random, rate):
        self.random, self.rate = random, rate

    def forward(self, x, training):
        if not training:
            return x
        self.keep = (self.random.random(x.shape) >= self.rate) / np.float32(1 - self.rate)
        self.keep = self.keep.astype(np.float32)
        return x * self.keep

    def backward(self, gradient):
        return gradient * self.keep

    def parameters(self):
        return []


class Dense:
    def __init__(self, random, inputs, outputs):
        self.weight = (random.standard_normal((outputs, inputs)) * np.sqrt(2 / inputs)).astype(np.float32)
        self.bias = np.zeros(outputs, np.float32)
        self.gradients = [np.zeros_like(self.weight), np.zeros_like(self.bias)]

    def forward(self, x, training):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, gradient):
        self.gradients[0][:] = gradient.T @ self.x
        self.gradients[1][:] = gradient.sum(0)
        return gradient @ self.weight

    def parameters(self):
        return [(self.weight, self.gradients[0]), (self.bias, self.gradients[1])]
