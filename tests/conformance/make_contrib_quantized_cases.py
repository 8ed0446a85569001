"""Makes contrib/ for the quantized operators of ONNX Runtime; see contrib_cases.py.

    python tests/conformance/make_contrib_quantized_cases.py   (needs onnx, numpy and onnxruntime)

Scales are such that no result lies half-way between two integers: there ONNX Runtime rounds in a
way that depends on the machine. (Averages of 'same_scale' do; that kernel is the same everywhere.)
"""

import ml_dtypes
import numpy as np

from contrib_cases import Case, Random, half, write

TYPES = {'uint8': np.uint8, 'int8': np.int8}
UNSIGNED, SIGNED = np.uint8, np.int8
# Of activations and weights: what ONNX Runtime's kernels take.
PAIRS = ((UNSIGNED, UNSIGNED), (UNSIGNED, SIGNED), (SIGNED, SIGNED))


def scale(value):
    return np.array(value, np.float32)


def zero(value, dtype):
    """A zero point: `value` for uint8, as far from the lowest value for int8."""
    return np.array(value + np.iinfo(dtype).min, dtype)


class Bytes(Random):
    def full(self, dtype, *shape):
        """Of the whole range."""
        info = np.iinfo(dtype)
        return self.integers(info.min, info.max, *shape, dtype=dtype)

    def positive(self, *shape):
        """Scales."""
        return self.generator.uniform(0.01, 0.05, shape).astype(np.float32)


def lookups():
    r = Bytes('lookups')
    for name, dtype in TYPES.items():
        x = r.full(dtype, 3, 17)
        inputs = [x, scale(0.037), zero(101, dtype), scale(0.0041), zero(3, dtype)]
        yield Case(f'qlinear_sigmoid_{name}', 'QLinearSigmoid', inputs, constants=(1, 2, 3, 4))
        yield Case(f'qlinear_sigmoid_{name}_inputs', 'QLinearSigmoid', inputs)
        inputs = [x, scale(0.037), zero(101, dtype), scale(0.0231), zero(64, dtype)]
        yield Case(f'qlinear_leaky_relu_{name}', 'QLinearLeakyRelu', inputs, {'alpha': 0.21},
                   constants=(1, 2, 3, 4))
        yield Case(f'qlinear_leaky_relu_{name}_inputs', 'QLinearLeakyRelu', inputs)
        yield Case(f'qlinear_leaky_relu_{name}_no_zero', 'QLinearLeakyRelu',
                   [x, scale(0.037), None, scale(0.0231), None], {'alpha': 0.13})


def binaries():
    r = Bytes('binaries')
    shapes = {
        'same': ((2, 3, 5), (2, 3, 5)),
        'row': ((2, 3, 5), (5,)),
        'column': ((2, 3, 1), (2, 3, 5)),
        'channel': ((2, 3, 5), (3, 1)),
        'both': ((2, 1, 5), (3, 1)),
        'scalar': ((), (2, 3, 5)),
        'one': ((2, 3, 5), (1, 1)),
    }
    for op, to in (('QLinearAdd', 0.0613), ('QLinearMul', 0.1177)):
        stem = op.lower().replace('qlinear', 'qlinear_')
        for name, dtype in TYPES.items():
            for kind, (a, b) in shapes.items():
                if dtype == SIGNED and kind not in ('same', 'both'):
                    continue
                inputs = [r.full(dtype, *a), scale(0.0317), zero(101, dtype),
                          r.full(dtype, *b), scale(0.0523), zero(119, dtype),
                          scale(to), zero(87, dtype)]
                yield Case(f'{stem}_{name}_{kind}', op, inputs,
                           constants=() if kind == 'same' else (1, 2, 4, 5, 6, 7))


def concats():
    r = Bytes('concats')
    for name, dtype in TYPES.items():
        def part(*shape, by=0.0317, at=101):
            return [r.full(dtype, *shape), scale(by), zero(at, dtype)]
        inputs = [scale(0.0433), zero(77, dtype), *part(2, 3, 4), *part(2, 1, 4, by=0.0433, at=77),
                  *part(2, 2, 4, by=0.0711, at=12)]
        yield Case(f'qlinear_concat_{name}', 'QLinearConcat', inputs, {'axis': 1},
                   constants=(0, 1, 3, 4, 6, 7, 9, 10))
        yield Case(f'qlinear_concat_{name}_inputs', 'QLinearConcat', inputs, {'axis': -2})
        yield Case(f'qlinear_concat_{name}_last', 'QLinearConcat',
                   [scale(0.0433), zero(77, dtype), *part(2, 3), *part(2, 5)], {'axis': -1})
        yield Case(f'qlinear_concat_{name}_one', 'QLinearConcat',
                   [scale(0.0433), zero(77, dtype), *part(2, 3)], {'axis': 0})


def wheres():
    r = Bytes('wheres')
    shapes = {
        'same': ((2, 3, 5), (2, 3, 5), (2, 3, 5)),
        'condition': ((3, 1), (2, 3, 5), (2, 3, 5)),
        'branches': ((2, 3, 5), (5,), ()),
        'all': ((2, 1, 1), (3, 1), (5,)),
    }
    for name, dtype in TYPES.items():
        for kind, (condition, x, y) in shapes.items():
            inputs = [r.integers(0, 1, *condition, dtype=bool),
                      r.full(dtype, *x), scale(0.0317), zero(101, dtype),
                      r.full(dtype, *y), scale(0.0523), zero(119, dtype),
                      scale(0.0433), zero(87, dtype)]
            yield Case(f'qlinear_where_{name}_{kind}', 'QLinearWhere', inputs,
                       constants=() if kind == 'same' else (2, 3, 5, 6, 7, 8))
        inputs[5:7] = inputs[7:9]
        yield Case(f'qlinear_where_{name}_same_scale', 'QLinearWhere', inputs,
                   constants=(2, 3, 5, 6, 7, 8))


def softmaxes():
    r = Bytes('softmaxes')
    for name, dtype in TYPES.items():
        x = r.full(dtype, 2, 3, 7)
        for kind, opset, axis in (('13', 13, -1), ('13_middle', 13, 1), ('13_first', 13, 0),
                                  ('12', 12, 1), ('12_last', 12, 2), ('12_all', 12, 0)):
            inputs = [x, scale(0.0517), zero(101, dtype), scale(0.0037), zero(5, dtype)]
            yield Case(f'qlinear_softmax_{name}_{kind}', 'QLinearSoftmax', inputs,
                       {'opset': opset, 'axis': axis},
                       constants=() if kind == '13' else (1, 2, 3, 4))
        peaks = np.full((3, 6), zero(20, dtype), dtype)
        peaks[0, 2] = peaks[1, 1] = peaks[1, 4] = zero(250, dtype)
        yield Case(f'qlinear_softmax_{name}_peaks', 'QLinearSoftmax',
                   [peaks, scale(0.1), zero(0, dtype), scale(1 / 256), zero(0, dtype)],
                   {'opset': 13})
        yield Case(f'qlinear_softmax_{name}_no_zero', 'QLinearSoftmax',
                   [x, scale(0.0517), None, scale(1 / 120), zero(0, dtype)], {'opset': 13})


def pools():
    r = Bytes('pools')
    kinds = {
        '1d': ((2, 3, 9), {'kernel_shape': [3]}),
        '2d': ((1, 3, 6, 5), {'kernel_shape': [3, 2], 'strides': [2, 1]}),
        '3d': ((1, 2, 4, 3, 5), {'kernel_shape': [2, 2, 3]}),
        'pads': ((1, 3, 6, 5), {'kernel_shape': [3, 3], 'pads': [1, 0, 1, 2]}),
        'count_pads': ((1, 3, 6, 5), {'kernel_shape': [3, 3], 'pads': [1, 0, 1, 2],
                                      'count_include_pad': 1}),
        'ceil': ((1, 3, 6, 5), {'kernel_shape': [3, 3], 'strides': [2, 2], 'ceil_mode': 1}),
        'same_upper': ((1, 3, 6, 5), {'kernel_shape': [3, 2], 'auto_pad': 'SAME_UPPER'}),
        'same_lower': ((1, 3, 6, 5), {'kernel_shape': [3, 2], 'auto_pad': 'SAME_LOWER'}),
    }
    for name, dtype in TYPES.items():
        for kind, (shape, attributes) in kinds.items():
            if dtype == SIGNED and kind not in ('2d', 'count_pads'):
                continue
            def case(suffix, x, attributes):
                inputs = [x, scale(0.0317), zero(101, dtype), scale(0.0233), zero(87, dtype)]
                return Case(f'qlinear_average_pool_{name}_{kind}{suffix}', 'QLinearAveragePool',
                            inputs, attributes, constants=() if kind == '2d' else (1, 2, 3, 4))
            x = r.full(dtype, *shape)
            yield case('', x, attributes)
            yield case('_last', np.moveaxis(x, 1, -1).copy(), attributes | {'channels_last': 1})
        same = [r.full(dtype, 1, 3, 8, 8), scale(0.0317), zero(101, dtype), scale(0.0317),
                zero(101, dtype)]
        yield Case(f'qlinear_average_pool_{name}_same_scale', 'QLinearAveragePool', same,
                   {'kernel_shape': [2, 2], 'strides': [2, 2]})
        for kind, shape in (('1d', (2, 3, 7)), ('2d', (2, 3, 5, 3)), ('3d', (1, 2, 3, 2, 3))):
            x = r.full(dtype, *shape)
            inputs = [x, scale(0.0317), zero(101, dtype), scale(0.0133), zero(87, dtype)]
            yield Case(f'qlinear_global_average_pool_{name}_{kind}', 'QLinearGlobalAveragePool',
                       inputs)
            yield Case(f'qlinear_global_average_pool_{name}_{kind}_last',
                       'QLinearGlobalAveragePool', [np.moveaxis(x, 1, -1).copy(), *inputs[1:]],
                       {'channels_last': 1}, constants=(1, 2, 3, 4))


def convolutions():
    r = Bytes('convolutions')
    kinds = {
        '1d': ((2, 3, 9), (4, 3, 3), {'pads': [1, 1]}),
        '2d': ((1, 3, 6, 5), (4, 3, 3, 2), {'strides': [2, 1], 'pads': [1, 0, 1, 0]}),
        'dilated': ((1, 3, 7, 6), (4, 3, 2, 2), {'dilations': [2, 3]}),
        'groups': ((1, 4, 6, 5), (6, 2, 3, 3), {'group': 2}),
        'depthwise': ((1, 4, 6, 5), (4, 1, 3, 3), {'group': 4, 'auto_pad': 'SAME_UPPER'}),
        '3d': ((1, 2, 4, 3, 5), (3, 2, 2, 2, 2), {}),
    }
    for kind, (shape, weights, attributes) in kinds.items():
        for x_type, w_type in PAIRS if kind == '2d' else PAIRS[1:2]:
            by_channel = w_type == SIGNED
            channels = weights[0]
            w = r.full(w_type, *weights)
            w_zero = np.zeros(channels, np.int8) if by_channel else zero(119, w_type)
            w_scale = r.positive(channels) if by_channel else scale(0.0113)
            x = r.full(x_type, *shape)
            rest = [scale(0.0217), zero(101, x_type), w, w_scale, w_zero, scale(0.571),
                    zero(87, x_type), r.integers(-3000, 3000, channels)]
            name = f'qlinear_conv_{kind}_{x_type.__name__}_{w_type.__name__}'
            yield Case(name, 'QLinearConv', [x, *rest], attributes,
                       constants=(3, 4, 5, 8) if kind == '2d' else range(1, 9))
            last = np.moveaxis(x, 1, -1).copy()
            yield Case(f'{name}_last', 'QLinearConv', [last, *rest],
                       attributes | {'channels_last': 1}, constants=range(1, 9))


def gemms():
    r = Bytes('gemms')
    m, k, n = 5, 13, 6
    biases = {'row': (n,), 'row_2d': (1, n), 'column': (m, 1), 'matrix': (m, n), 'one': (1,),
              'scalar': (), 'one_2d': (1, 1), 'none': None}
    for a_type, b_type in PAIRS:
        types = f'{a_type.__name__}_{b_type.__name__}'
        a, b = r.full(a_type, m, k), r.full(b_type, k, n)
        left = [a, scale(0.0217), zero(101, a_type)]
        one = [b, scale(0.0113), zero(119, b_type)]
        many = [b, r.positive(n), r.full(b_type, n)]
        out = [scale(0.371), zero(87, a_type)]
        for kind, shape in biases.items():
            if (a_type, b_type) != PAIRS[1] and kind not in ('row', 'matrix'):
                continue
            bias = None if shape is None else r.integers(-3000, 3000, *shape)
            yield Case(f'qgemm_{types}_bias_{kind}', 'QGemm', [*left, *one, bias, *out],
                       constants=() if kind == 'matrix' else (1, 2, 4, 5, 7, 8))
            yield Case(f'qgemm_{types}_bias_{kind}_float', 'QGemm', [*left, *many, bias],
                       constants=range(1, 6))
        yield Case(f'qgemm_{types}_by_column', 'QGemm', [*left, *many, None, *out],
                   constants=(3, 5))
        yield Case(f'qgemm_{types}_alpha', 'QGemm', [*left, *one, None, *out], {'alpha': 0.37},
                   constants=(1, 2, 4, 5, 7, 8))
        turned_a, turned_b = [a.T.copy(), *left[1:]], [b.T.copy(), *many[1:]]
        bias = r.integers(-3000, 3000, m, n)
        both = {'transA': 1, 'transB': 1}
        yield Case(f'qgemm_{types}_trans_a', 'QGemm', [*turned_a, *many, bias, *out],
                   {'transA': 1})
        yield Case(f'qgemm_{types}_trans_b', 'QGemm', [*left, *turned_b, bias, *out],
                   {'transB': 1}, constants=(3, 5))
        yield Case(f'qgemm_{types}_trans', 'QGemm', [*turned_a, *turned_b, bias], both)


def products():
    r = Bytes('products')
    for b_type in (UNSIGNED, SIGNED):
        name = b_type.__name__
        b, many = r.full(b_type, 9, 5), [r.positive(5), r.full(b_type, 5)]
        bias = r.f32(5)
        a = r.f32(2, 3, 9)
        op = 'DynamicQuantizeMatMul'
        one = [scale(0.0113), zero(119, b_type)]
        yield Case(f'dynamic_quantize_matmul_{name}', op, [a, b, *one, bias], constants=(1, 2, 3))
        yield Case(f'dynamic_quantize_matmul_{name}_inputs', op, [a, b, *many, bias])
        yield Case(f'dynamic_quantize_matmul_{name}_by_column', op, [a[0], b, *many],
                   constants=(1, 2, 3))
        yield Case(f'dynamic_quantize_matmul_{name}_no_zero', op, [a + 2, b, one[0]])
        stack = r.full(b_type, 2, 9, 5)
        yield Case(f'dynamic_quantize_matmul_{name}_stack', op, [a, stack, *one, bias],
                   constants=(1,))
        stacked = [r.positive(2, 1, 5), r.full(b_type, 2, 1, 5)]
        yield Case(f'dynamic_quantize_matmul_{name}_by_matrix', op, [a, stack, *stacked, bias])
        op = 'MatMulIntegerToFloat'
        for a_type in [a for a, b in PAIRS if b == b_type]:
            name = f'{a_type.__name__}_{b_type.__name__}'
            q, a_scale, a_zero = r.full(a_type, 2, 3, 9), scale(0.0217), zero(101, a_type)
            b_scale, b_zero = one
            yield Case(f'matmul_integer_to_float_{name}', op,
                       [q, b, a_scale, b_scale, a_zero, b_zero, bias], constants=(1, 5))
            yield Case(f'matmul_integer_to_float_{name}_by_column', op,
                       [q, b, a_scale, many[0], a_zero, many[1]])
            yield Case(f'matmul_integer_to_float_{name}_no_zero', op, [q, b, a_scale, b_scale])
            yield Case(f'matmul_integer_to_float_{name}_by_matrix', op,
                       [q, stack, a_scale, stacked[0], a_zero, stacked[1], bias],
                       constants=(1, 3, 5))


def recurrences():
    r = Bytes('recurrences')
    length, batch, size, hidden = 4, 3, 5, 4
    every = [True, True, True]
    for name, dtype in TYPES.items():
        for direction, count in (('forward', 1), ('reverse', 1), ('bidirectional', 2)):
            x = r.f32(length, batch, size)
            w = r.full(dtype, count, size, 4 * hidden)
            recurrence = r.full(dtype, count, hidden, 4 * hidden)
            bias = r.f32(count, 8 * hidden)
            states = [r.f32(count, batch, hidden), r.f32(count, batch, hidden)]
            peepholes = r.f32(count, 3 * hidden)
            lengths = np.array([4, 2, 3], np.int32)
            layer = [r.positive(count) / 8, zero(np.full(count, 120), dtype),
                     r.positive(count) / 8, zero(np.full(count, 131), dtype)]
            same = np.full((count, 4 * hidden), zero(128, dtype), dtype)
            columns = [r.positive(count, 4 * hidden) / 8, same] * 2
            attributes = {'hidden_size': hidden, 'direction': direction}
            stem = f'dynamic_quantize_lstm_{name}_{direction}'
            yield Case(stem, 'DynamicQuantizeLSTM',
                       [x, w, recurrence, bias, None, None, None, None, *layer], attributes,
                       outputs=every, constants=(1, 2, 8, 9, 10, 11))
            yield Case(f'{stem}_by_column', 'DynamicQuantizeLSTM',
                       [x, w, recurrence, bias, lengths, *states, peepholes, *columns],
                       attributes, outputs=every, constants=(1, 2, 9, 11))
        yield Case(f'dynamic_quantize_lstm_{name}_activations', 'DynamicQuantizeLSTM',
                   [x, w, recurrence, None, None, *states, None, *layer],
                   attributes | {'clip': 0.7, 'activations': ['HardSigmoid', 'Relu', 'Tanh'] * 2,
                                 'activation_alpha': [0.25, 0.15], 'activation_beta': [0.4, 0.3]},
                   outputs=[False, True, True], constants=(1, 2, 9, 11))
        yield Case(f'dynamic_quantize_lstm_{name}_input_forget', 'DynamicQuantizeLSTM',
                   [x, w, recurrence, bias, None, None, None, None, *layer],
                   attributes | {'input_forget': 1}, outputs=[True], constants=(1, 2, 9, 11))


def embeddings():
    r = Bytes('embeddings')
    op = 'QEmbedLayerNormalization'
    ids, segments = r.integers(0, 6, 2, 4), r.integers(0, 1, 2, 4)
    mask = np.array([[1, 1, 1, 0], [1, 0, 2, 0]], np.int32)
    for name, dtype in TYPES.items():
        tables = [r.full(dtype, 7, 6), r.full(dtype, 5, 6), r.full(dtype, 2, 6)]
        parameters = [r.full(dtype, 6), r.full(dtype, 6)]
        by = [scale(v) for v in (0.0317, 0.0211, 0.0433, 0.0113, 0.0097)]
        at = [zero(v, dtype) for v in (101, 119, 87, 131, 64)]
        yield Case(f'qembed_layer_norm_{name}', op,
                   [ids, segments, *tables, *parameters, mask, *by, *at], outputs=[True, True],
                   constants=[i for i in range(2, 18) if i != 7])
        yield Case(f'qembed_layer_norm_{name}_no_mask', op,
                   [ids, segments, *tables, *parameters, None, *by, *at], {'epsilon': 1e-2},
                   outputs=[True, True])
        tables[2] = by[2] = at[2] = None
        yield Case(f'qembed_layer_norm_{name}_no_segment', op,
                   [ids, None, *tables, *parameters, mask, *by, *at], outputs=[True, True])


def attentions():
    r = Bytes('attentions')
    op = 'QAttention'
    batch, length, size, heads, head = 2, 3, 7, 2, 4
    hidden, past_length = heads * head, 2
    total = past_length + length
    past = r.f32(2, batch, heads, past_length, head)
    for name, dtype in TYPES.items():
        x = r.full(UNSIGNED, batch, length, size)
        w, bias = r.full(dtype, size, 3 * hidden), r.f32(3 * hidden)
        columns = [r.positive(3 * hidden) / 8, r.full(dtype, 3 * hidden)]
        one = [scale(0.00513), zero(119, dtype)]
        both = [True, True]
        def case(kind, mask=None, past=None, by=one, more=None, outputs=(True,),
                 constants=(1, 2, 3, 4, 6, 7)):
            inputs = [x, w, bias, scale(0.0217), by[0], mask, zero(101, UNSIGNED), by[1], past]
            return Case(f'qattention_{name}_{kind}', op, inputs,
                        {'num_heads': heads} | (more or {}), outputs=list(outputs),
                        constants=constants)
        yield case('plain')
        yield case('by_column', by=columns, constants=(1, 7))
        if dtype == UNSIGNED:
            continue
        yield case('inputs', by=columns, constants=())
        yield case('present', outputs=both)
        yield case('past', past=past, outputs=both)
        causal = {'unidirectional': 1}
        yield case('unidirectional', more=causal)
        yield case('unidirectional_past', past=past, outputs=both, more=causal)
        yield case('scale', more={'scale': 0.3})
        ends = np.array([2, 3], np.int32)
        yield case('ends', mask=ends)
        yield case('ends_starts', mask=np.array([3, 3, 1, 2], np.int32))
        yield case('ends_past', mask=ends + 2, past=past, outputs=both, more=causal)
        yield case('keys', mask=np.array([[1, 0, 1], [0, 1, 1]], np.int32))
        yield case('keys_past', mask=r.integers(0, 1, batch, total), past=past, outputs=both)
        yield case('keys_filter', mask=np.array([[1, 0, 1], [0, 0, 0]], np.int32),
                   more={'mask_filter_value': -2.5} | causal)
        yield case('queries', mask=r.integers(0, 1, batch, length, length))
        yield case('queries_past', mask=r.integers(0, 1, batch, length, total), past=past,
                   outputs=both, more=causal)
        yield case('none', mask=np.zeros((batch, 1), np.int32))
        yield case('none_keys', mask=np.zeros((batch, length), np.int32))
    inputs = [x, w, bias, scale(0.0217), columns[0]]
    yield Case('qattention_no_zero', op, inputs, {'num_heads': heads}, constants=(1, 4))


def pack(numbers, bits):
    """Along the last dimension, the first in the lowest bits; the last byte is filled with 0."""
    per_byte = 8 // bits
    missing = -numbers.shape[-1] % per_byte
    padded = np.pad(numbers, [(0, 0)] * (numbers.ndim - 1) + [(0, missing)])
    parts = padded.reshape(*padded.shape[:-1], -1, per_byte).astype(np.uint16)
    return (parts << (bits * np.arange(per_byte))).sum(-1).astype(np.uint8)


def nbits():
    r = Bytes('nbits')
    for bits in (2, 4, 8):
        for block, k, n in ((64, 50, 3), (32, 64, 9), (128, 140, 2), (16, 40, 5)):
            blocks = -(-k // block)
            b = pack(r.integers(0, 2**bits - 1, n, blocks, block), bits)
            by, bias = r.positive(n, blocks), r.f32(n)
            numbers = r.integers(0, 2**bits - 1, n, blocks)
            zeros, floats = pack(numbers, bits), numbers.astype(np.float32)
            a = r.f32(2, 3, k)
            attributes = {'K': k, 'N': n, 'bits': bits, 'block_size': block}
            def case(kind, inputs, constants=(1, 2), more=None):
                return Case(f'matmul_nbits_{bits}_{kind}', 'MatMulNBits', inputs,
                            attributes | (more or {}), constants=constants)
            yield case(f'block_{block}', [a, b, by, zeros], (1, 2, 3), {'accuracy_level': 1})
            if block == 32:  # numbers that are their own 8-bit ones
                integers = r.integers(-126, 126, 2, 3, k).astype(np.float32)
                integers[..., ::block] = 127
                yield case('int8', [integers, b, by, zeros], (1, 2, 3), {'accuracy_level': 4})
        yield case('no_zeros', [a, b, by])
        yield case('bias', [a[0, 0], b, by, zeros, None, bias], (1, 2, 3))
        yield case('flat', [a, b, by.reshape(-1), zeros.reshape(-1)], ())
        if bits != 2:
            yield case('float16', half([a, b, by, zeros, None, bias]), (1, 2, 3))
        if bits == 4:
            yield case('float_zeros', [a, b, by, floats + np.float32(0.25)], (1, 2, 3))
            yield case('float16_zeros', half([a, b, by, floats]), (1, 2, 3))
            groups = r.integers(0, blocks - 1, blocks * block)
            yield case('groups', [a, b, by, None, groups], (1, 2, 4))
            yield case('groups_short', [a, b, by, None, groups[:k], bias], (1, 2, 4))
            yield case('groups_float_zeros', [a, b, by, floats, groups], (1, 2, 3, 4))


def bnb4():
    r = Bytes('bnb4')
    for name, kind in (('fp4', 0), ('nf4', 1)):
        for block, k, n in ((16, 40, 5), (64, 33, 3), (32, 64, 9)):
            b = r.full(np.uint8, -(-n * k // 2))
            by = r.positive(-(-n * k // block))
            yield Case(f'matmul_bnb4_{name}_block_{block}', 'MatMulBnb4', [r.f32(2, 3, k), b, by],
                       {'K': k, 'N': n, 'block_size': block, 'quant_type': kind},
                       constants=(1, 2))
        yield Case(f'matmul_bnb4_{name}_vector', 'MatMulBnb4', [r.f32(k), b, by],
                   {'K': k, 'N': n, 'block_size': block, 'quant_type': kind})


def gathers():
    r = Bytes('gathers')
    op = 'GatherBlockQuantized'
    indices = np.array([[3, 0], [-1, 9]], np.int64)  # 9 is outside
    for bits in (2, 4, 8):
        for block, width in ((16, 40), (64, 48)):
            blocks = -(-width // block)
            data = pack(r.integers(0, 2**bits - 1, 5, width), bits)
            by = r.positive(5, blocks)
            zeros = pack(r.integers(0, 2**bits - 1, 5, blocks), bits)
            attributes = {'bits': bits, 'block_size': block, 'quantize_axis': 1}
            stem = f'gather_block_quantized_uint8_{bits}_block_{block}'
            yield Case(stem, op, [data, indices, by, zeros], attributes, constants=(0, 2, 3))
            yield Case(f'{stem}_no_zero', op, half([data, indices.astype(np.int32), by]),
                       attributes | {'quantize_axis': -1}, constants=(0, 2))
        data = pack(r.integers(0, 2**bits - 1, 4, 3, 32), bits)
        yield Case(f'gather_block_quantized_uint8_{bits}_3d', op,
                   [data, indices, r.positive(4, 3, 2), pack(
                       r.integers(0, 2**bits - 1, 4, 3, 2), bits)],
                   {'bits': bits, 'block_size': 16, 'quantize_axis': 2}, constants=(0, 2, 3))
    for name, dtype, low in (('int4', ml_dtypes.int4, -8), ('uint4', ml_dtypes.uint4, 0)):
        for kind, gather, quantize in (('rows', 0, 2), ('middle', 0, 1), ('same', 1, 1),
                                       ('first', 1, 0), ('last', 2, 1), ('default', 0, 1)):
            if name == 'uint4' and kind not in ('rows', 'first'):
                continue
            shape = [5, 6, 7]
            shape[quantize] = 37
            blocks = list(shape)
            blocks[quantize] = 3
            inputs = [r.integers(low, low + 15, *shape).astype(dtype),
                      np.array([1, -2, 4], np.int32), r.positive(*blocks),
                      r.integers(low, low + 15, *blocks).astype(dtype)]
            attributes = {'block_size': 16}
            if kind != 'default':
                attributes |= {'gather_axis': gather, 'quantize_axis': quantize}
            yield Case(f'gather_block_quantized_{name}_{kind}', op, inputs, attributes,
                       constants=(0, 2, 3))
        yield Case(f'gather_block_quantized_{name}_no_zero', op, half(inputs[:3]), attributes,
                   constants=(0, 2))
    for dtype in (ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e4m3fnuz, ml_dtypes.float8_e5m2,
                  ml_dtypes.float8_e5m2fnuz, ml_dtypes.float4_e2m1fn):
        data, name = r.f32(5, 3, 20).astype(dtype), dtype.__name__
        stem = f'gather_block_quantized_{name}'
        yield Case(stem, op, [data, indices, r.positive(5, 3, 2)],
                   {'block_size': 16, 'quantize_axis': 2}, constants=(0, 2))
        if name not in ('float8_e4m3fn', 'float4_e2m1fn'):
            continue
        yield Case(f'{stem}_whole', op, half([data, indices, r.positive(5, 3, 1)]),
                   {'block_size': 0, 'quantize_axis': 2}, constants=(0, 2))
        yield Case(f'{stem}_one_scale', op, [data, indices, r.positive(1, 1, 1)],
                   {'block_size': 0, 'gather_axis': 1, 'quantize_axis': 0}, constants=(0, 2))
        yield Case(f'{stem}_broadcast', op, [data, indices, r.positive(5, 1, 1)],
                   {'block_size': 32, 'gather_axis': 1, 'quantize_axis': 2}, constants=(0, 2))


GROUPS = (lookups, binaries, concats, wheres, softmaxes, pools, convolutions, gemms, products,
          recurrences, embeddings, attentions, nbits, bnb4, gathers)

if __name__ == '__main__':
    write([case for group in GROUPS for case in group()])
