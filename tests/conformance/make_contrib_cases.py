"""Makes contrib/ for the float operators of ONNX Runtime; see contrib_cases.py.

    python tests/conformance/make_contrib_cases.py     (needs onnx, numpy and onnxruntime)
"""

from dataclasses import replace

import numpy as np
import onnx

from contrib_cases import Case, Random, half, outputs_of, write


def both(case):
    """The case and its float16 variant."""
    return [case, replace(case, name=f'{case.name}_float16', inputs=half(case.inputs))]


def normalizations():
    r = Random('normalizations')
    x, skip = r.f32(2, 3, 8), r.f32(2, 3, 8)
    gamma, beta, bias = r.f32(8), r.f32(8), r.f32(8)
    layer, simple = 'SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'
    every = [True, True, True, True]
    with_sum = [True, False, False, True]
    epsilon = {'epsilon': 1e-3}
    yield from both(Case('skip_layer_norm', layer, [x, skip, gamma, beta, bias], outputs=every))
    yield Case('skip_layer_norm_no_bias', layer, [x, skip, gamma, beta], epsilon)
    yield Case('skip_layer_norm_no_beta', layer, [x, skip, gamma, None, bias])
    yield Case('skip_layer_norm_gamma_only', layer, [x, skip, gamma], outputs=with_sum)
    yield Case('skip_layer_norm_2d', layer, [x[0], skip[0], gamma, beta, bias], outputs=with_sum)
    yield Case('skip_layer_norm_skip_2d', layer, [x, skip[0], gamma, beta], outputs=with_sum)
    yield Case('skip_layer_norm_skip_batch_1', layer, [x, skip[:1], gamma, beta, bias])
    yield Case('skip_layer_norm_empty', layer, [x[:0], skip[:0], gamma, beta])
    yield from both(Case('skip_rms_norm', simple, [x, skip, gamma, bias], outputs=every))
    yield Case('skip_rms_norm_2d', simple, [x[0], skip[0], gamma], epsilon, outputs=with_sum)
    yield Case('skip_rms_norm_skip_2d', simple, [x, skip[0], gamma])
    rms = 'SimplifiedLayerNormalization'
    yield from both(Case('rms_norm', rms, [x, gamma], domain='', outputs=[True, True]))
    yield Case('rms_norm_axis', rms, [x, r.f32(3, 8)], {'axis': 1} | epsilon, domain='')
    yield Case('rms_norm_float16_scale_float32', rms, half([x]) + [gamma], domain='')
    yield Case('rms_norm_scale_float16', rms, [x] + half([gamma]), domain='')
    yield Case('layer_norm_opset_11', 'LayerNormalization', [x, gamma, beta], domain='', opset=11)


def embeddings():
    r = Random('embeddings')
    op = 'EmbedLayerNormalization'
    ids, segments = r.integers(0, 6, 2, 4), r.integers(0, 1, 2, 4)
    tables = [r.f32(7, 6), r.f32(5, 6), r.f32(2, 6)]
    no_segment = tables[:2] + [None]
    parameters = [r.f32(6), r.f32(6)]
    mask = np.array([[1, 1, 1, 0], [1, 0, 2, 0]], np.int32)
    positions = r.integers(0, 4, 2, 4)
    yield from both(
        Case('embed_layer_norm', op, [ids, segments, *tables, *parameters, mask],
             outputs=[True, True, True], constants=(2, 3, 4))
    )
    yield Case('embed_layer_norm_no_mask', op, [ids, segments, *tables, *parameters],
               {'epsilon': 1e-2}, outputs=[True, True])
    yield Case('embed_layer_norm_no_segment', op, [ids, None, *no_segment, *parameters, mask],
               outputs=[True, True, True])
    yield Case('embed_layer_norm_positions', op,
               [ids, segments, *tables, *parameters, mask, positions], outputs=[True, True])
    yield Case('embed_layer_norm_positions_1', op,
               [ids, segments, *tables, *parameters, None, positions[:1]],
               outputs=[True, False, True])


def activations():
    r = Random('activations')
    # ONNX Runtime's float16 kernels lose digits in the left tail.
    x, bias = np.clip(2 * r.f32(2, 3, 8), -2, None), r.f32(8) / 4
    yield from both(Case('bias_gelu', 'BiasGelu', [x, bias]))
    yield from both(Case('fast_gelu', 'FastGelu', [x]))
    yield from both(Case('fast_gelu_bias', 'FastGelu', [x, bias]))
    yield from both(Case('quick_gelu', 'QuickGelu', [x]))
    yield Case('quick_gelu_alpha', 'QuickGelu', [x], {'alpha': 1.0})
    yield from both(Case('gelu', 'Gelu', [x]))

    skip, mask = r.f32(2, 3, 8), r.f32(2, 1, 8)
    yield Case('bias_add', 'BiasAdd', [x, bias, skip], expected=[x + bias + skip])

    def bias_softmax(name, mask, inner, axis, opset):
        softmax = Case(name, 'Softmax', [x + mask], {'axis': axis}, domain='', opset=opset)
        return Case(name, 'BiasSoftmax', [x, mask], {'axis': axis, 'is_inner_broadcast': inner},
                    expected=outputs_of(softmax))

    yield bias_softmax('bias_softmax_inner', mask, 1, 2, 17)
    yield bias_softmax('bias_softmax_outer', mask[:1], 0, 2, 17)
    # Before opset 13, Softmax takes the dimensions from its axis on as one.
    yield bias_softmax('bias_softmax_axis', r.f32(1, 3, 8), 0, 1, 12)


def products():
    r = Random('products')
    op = 'FusedMatMul'

    def matmul(name, a, b, constants=(), **attributes):
        return Case(f'fused_matmul_{name}', op, [a, b], attributes, constants=constants)

    yield from both(matmul('plain', r.f32(2, 3, 4), r.f32(2, 4, 5), alpha=0.5))
    yield matmul('trans_a', r.f32(2, 4, 3), r.f32(4, 5), transA=1)
    yield matmul('trans_b', r.f32(2, 3, 4), r.f32(5, 4), (1,), transB=1, alpha=-2.0)
    yield matmul('trans_b_batches', r.f32(2, 3, 4), r.f32(2, 5, 4), (1,), transB=1)
    yield matmul('trans_both', r.f32(2, 1, 4, 3), r.f32(3, 5, 4), transA=1, transB=1)
    yield matmul('batch_a', r.f32(3, 2, 4), r.f32(2, 4, 5), transBatchA=1)
    yield matmul('batch_b', r.f32(2, 3, 4), r.f32(4, 2, 5), (1,), transBatchB=1, alpha=3.0)
    yield matmul('batch_both', r.f32(3, 2, 6, 4), r.f32(4, 2, 6, 5), transBatchA=1, transBatchB=1)
    yield matmul('batch_trans', r.f32(4, 2, 3), r.f32(5, 2, 4), transA=1, transB=1, transBatchA=1,
                 transBatchB=1)
    yield matmul('row', r.f32(4), r.f32(4, 5), transA=1)
    yield matmul('column', r.f32(3, 4), r.f32(4), transB=1)
    yield matmul('nothing', r.f32(2, 3, 0), r.f32(0, 5), transA=0)
    yield Case('transpose_matmul', 'TransposeMatMul', [r.f32(3, 4), r.f32(5, 4)], {'transB': 1})
    gemm = [r.f32(3, 4), r.f32(4, 5), r.f32(5)]
    for activation, parameters in {
        'Relu': {}, 'Sigmoid': {}, 'Softplus': {}, 'Softsign': {}, 'Tanh': {},
        'Celu': {'alpha': 0.7}, 'Elu': {'alpha': 0.7}, 'LeakyRelu': {'alpha': 0.2},
        'ThresholdedRelu': {'alpha': 0.5}, 'HardSigmoid': {'alpha': 0.3, 'beta': 0.4},
        'Selu': {'alpha': 1.5, 'gamma': 1.1},
    }.items():
        attributes = {f'activation_{key}': value for key, value in parameters.items()}
        yield Case(f'fused_gemm_{activation.lower()}', 'FusedGemm', gemm,
                   {'activation': activation} | attributes)
    gemm = [r.f32(4, 3), r.f32(5, 4), r.f32(3, 1)]
    attributes = {'transA': 1, 'transB': 1, 'alpha': 0.5, 'beta': 2.0, 'activation': 'Relu'}
    yield from both(Case('fused_gemm_scaled', 'FusedGemm', gemm, attributes, constants=(1,)))
    yield Case('fused_gemm_no_c', 'FusedGemm', gemm[:2], attributes)


def convolutions():
    r = Random('convolutions')
    op = 'FusedConv'
    x, w, b, z = r.f32(1, 4, 5, 5), r.f32(3, 4, 3, 3), r.f32(3), 4 * r.f32(1, 3, 3, 3)
    for activation, parameters in {
        'Relu': [], 'Sigmoid': [], 'Tanh': [], 'HardSwish': [], 'LeakyRelu': [0.2],
        'Clip': [-0.5, 2.0], 'HardSigmoid': [0.1, 0.4],
    }.items():
        attributes = {'activation': activation}
        if parameters:
            attributes['activation_params'] = parameters
        yield Case(f'fused_conv_{activation.lower()}', op, [x, w, b], attributes)
    relu = {'activation': 'Relu'}
    yield from both(Case('fused_conv_no_bias', op, [x, w], relu))
    yield Case('fused_conv_no_activation', op, [x, w, b])
    yield Case('fused_conv_sum', op, [x, w, b, z], relu)
    yield Case('fused_conv_sum_only', op, [x, w, None, z])
    attributes = {'strides': [2, 1], 'pads': [1, 0, 1, 1], 'dilations': [1, 2], 'group': 2}
    yield Case('fused_conv_group', op, [x, r.f32(2, 2, 3, 2), r.f32(2)], attributes | relu,
               constants=(1, 2))
    yield Case('fused_conv_1d', op, [r.f32(2, 2, 7), r.f32(3, 2, 3), r.f32(3)],
               {'auto_pad': 'SAME_UPPER', 'activation': 'LeakyRelu', 'activation_params': [0.1]})

    def nhwc(name, op, inputs, attributes):
        """From the case that has channels first."""
        expected = outputs_of(Case(name, 'FusedConv', inputs, attributes))
        last = list(inputs)
        for i in range(0, len(inputs), 3):  # x and z
            last[i] = np.moveaxis(inputs[i], 1, -1).copy()
        return Case(name, op, last, attributes, expected=[np.moveaxis(expected[0], 1, -1)])

    x, w = r.f32(2, 4, 5, 6), r.f32(3, 4, 3, 2)
    window = {'strides': [2, 1], 'pads': [1, 0, 1, 1]}
    yield nhwc('nhwc_conv', 'NhwcConv', [x, w, b], window)
    yield nhwc('nhwc_conv_group', 'NhwcConv', [x, r.f32(6, 2, 2, 2)], {'group': 2})
    yield nhwc('nhwc_conv_1d', 'NhwcConv', [x[:, :, 0], w[:, :, 0], b], {})
    yield nhwc('nhwc_fused_conv', 'NhwcFusedConv', [x, w, b, r.f32(2, 3, 3, 6)], window | relu)


def poolings():
    r = Random('poolings')
    op = 'NhwcMaxPool'
    u8, s8 = r.integers(0, 255, 2, 5, 6, 3, dtype=np.uint8), r.integers(-128, 127, 2, 5, 6, 3,
                                                                       dtype=np.int8)
    yield Case('nhwc_max_pool_uint8', op, [u8], {'kernel_shape': [2, 3]})
    yield Case('nhwc_max_pool_int8', op, [s8], {'kernel_shape': [3, 2], 'strides': [2, 1],
                                                'pads': [1, 0, 1, 1]})
    yield Case('nhwc_max_pool_same', op, [u8], {'kernel_shape': [2, 2], 'strides': [2, 2],
                                                'auto_pad': 'SAME_LOWER'})
    yield Case('nhwc_max_pool_dilated', op, [s8], {'kernel_shape': [2, 2], 'strides': [2, 3],
                                                   'dilations': [2, 2], 'ceil_mode': 1})
    yield Case('nhwc_max_pool_1d', op, [u8[0]], {'kernel_shape': [3]})
    yield Case('nhwc_max_pool_3d', op, [s8[np.newaxis, :, :4, :4]], {'kernel_shape': [2, 2, 3]})


def rotary_embeddings():
    r = Random('rotary_embeddings')
    op = 'RotaryEmbedding'
    x = r.f32(2, 3, 16)
    split = x.reshape(2, 3, 2, 8).transpose(0, 2, 1, 3).copy()
    cache, short = [r.f32(6, 4), r.f32(6, 4)], [r.f32(6, 2), r.f32(6, 2)]
    first, each = np.array([2], np.int64), r.integers(0, 5, 2, 3, dtype=np.int64)
    partial = {'rotary_embedding_dim': 4, 'num_heads': 2}
    interleaved = {'interleaved': 1}
    yield from both(Case('rotary_embedding', op, [x, each, *cache], constants=(2, 3)))
    yield Case('rotary_embedding_first', op, [x, first, *cache])
    yield Case('rotary_embedding_interleaved', op, [x, each, *cache], interleaved)
    yield Case('rotary_embedding_partial', op, [x, each, *short], partial)
    yield Case('rotary_embedding_partial_interleaved', op, [x, first, *short],
               partial | interleaved)
    yield Case('rotary_embedding_split', op, [split, each, *cache])
    yield Case('rotary_embedding_split_partial', op, [split, each, *short], partial)
    yield Case('rotary_embedding_packed_batching', op,
               [r.f32(1, 8, 16), r.integers(0, 5, 1, 8, dtype=np.int64), *cache],
               {'is_packed_batching': 1, 'num_heads': 2})


def flags(random, *shape):
    """A mask that leaves the first key of every row."""
    mask = random.integers(0, 1, *shape)
    mask[..., 0] = 1
    return mask


def attentions():
    r = Random('attentions')
    x, w, b = r.f32(2, 3, 6), r.f32(6, 24), r.f32(24)
    past = r.f32(2, 2, 2, 4, 4)
    two = {'num_heads': 2}
    causal = two | {'unidirectional': 1}

    def attention(name, mask=None, past=None, bias=None, attributes=two, weights=(w, b)):
        outputs = [True] if past is None else [True, True]
        return Case(f'attention_{name}', 'Attention', [x, *weights, mask, past, bias],
                    attributes, outputs, constants=(1, 2))

    yield from both(attention('plain'))
    yield attention('scale', attributes=two | {'scale': 0.3})
    yield attention('causal', attributes=causal)
    yield attention('mask_ends', np.array([2, 3], np.int32))
    yield attention('mask_ranges', np.array([2, 3, 0, 1], np.int32))
    yield attention('mask_lengths', np.array([2, 3, 0, 3, 6, 0, 2, 5], np.int32))
    yield attention('mask_keys', flags(r, 2, 3))
    yield attention('mask_keys_causal', flags(r, 2, 3), attributes=causal)
    yield attention('mask_nothing', np.array([[0]], np.int32))
    yield attention('mask_queries', flags(r, 2, 3, 3))
    yield attention('mask_filter', flags(r, 2, 3, 3),
                    attributes=causal | {'mask_filter_value': -1.0})
    yield attention('bias', bias=r.f32(2, 2, 3, 3))
    yield attention('bias_batch_1', bias=r.f32(1, 2, 3, 3))
    yield attention('bias_heads_1', bias=r.f32(2, 1, 3, 3))
    yield attention('bias_mask', flags(r, 2, 3), bias=r.f32(1, 1, 3, 3))
    yield attention('bias_mask_queries', flags(r, 2, 3, 3), bias=r.f32(1, 2, 3, 3))
    yield from both(attention('past', past=past, attributes=causal))
    yield attention('past_empty', past=past[:, :, :, :0])
    yield attention('past_mask_keys', flags(r, 2, 7), past)
    yield attention('past_mask_ranges', np.array([5, 7, 1, 0], np.int32), past, attributes=causal)
    sizes = two | {'qkv_hidden_sizes': [8, 8, 6]}
    yield attention('value_size', attributes=sizes, weights=(r.f32(6, 22), r.f32(22)))
    yield Case('attention_present', 'Attention', [x, w, b], two, [True, True])

    # What ONNX Runtime has on other devices: masks by position, caches with room, rotation.
    mask = flags(r, 2, 1, 8, 8)
    expected = outputs_of(attention('', mask[:, 0, 4:7, :7].copy(), past))
    yield replace(attention('mask_positions', mask, past), expected=expected)
    roomy = np.concatenate([past, r.f32(2, 2, 2, 5, 4)], 3)
    output, present = outputs_of(attention('', past=past, attributes=causal))
    present = np.concatenate([present, roomy[:, :, :, 7:]], 3)
    shared = Case('attention_past_shared', 'Attention',
                  [x, w, b, None, roomy, None, np.array([4], np.int32)],
                  causal | {'past_present_share_buffer': 1}, [True, True])
    yield replace(shared, expected=[output, present])
    angles = np.outer(np.arange(7), 1e4 ** (-np.arange(0, 4, 2) / 4))
    caches = [np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)]
    first = np.array([4], np.int64)
    q, k, v = np.split(x @ w + b, 3, -1)
    q, k = [outputs_of(Case('', 'RotaryEmbedding', [part, first, *caches]))[0] for part in (q, k)]
    heads = outputs_of(Case('', 'MultiHeadAttention', [q, k, v, None, None, None, *past], causal,
                            [True, True, True]))
    yield replace(attention('rotary', past=past, attributes=causal | {'do_rotary': 1}),
                  expected=[heads[0], np.stack(heads[1:])])


def multi_head_attentions():
    r = Random('multi_head_attentions')
    q, k, v, bias = r.f32(2, 3, 8), r.f32(2, 5, 8), r.f32(2, 5, 8), r.f32(24)
    past = [r.f32(2, 2, 4, 4), r.f32(2, 2, 4, 4)]
    two = {'num_heads': 2}
    causal = two | {'unidirectional': 1}
    three = [True, True, True]

    def attention(name, inputs, attributes=two, outputs=(True,)):
        return Case(f'multi_head_attention_{name}', 'MultiHeadAttention', inputs, attributes,
                    list(outputs))

    yield from both(attention('plain', [q, k, v]))
    yield from both(attention('bias', [q, k, v, bias]))
    yield attention('scale', [q, k, v], two | {'scale': 0.3})
    yield attention('value_size', [q, k, v[:, :, :6].copy(), bias[:22]])
    split = [r.f32(2, 2, 5, 4), r.f32(2, 2, 5, 4)]
    yield attention('split', [q, *split])
    yield attention('split_bias', [q, *split, bias])
    yield attention('split_present', [q, *split], outputs=three)
    yield attention('mask_ends', [q, k, v, None, np.array([4, 5], np.int32)])
    yield attention('mask_lengths', [q, k, v, None, np.array([2, 3, 0, 3, 6, 0, 2, 5], np.int32)])
    yield attention('mask_keys', [q, k, v, None, flags(r, 2, 5)])
    yield attention('mask_queries', [q, k, v, bias, flags(r, 2, 3, 5)])
    yield attention('attention_bias', [q, k, v, None, None, r.f32(2, 2, 3, 5)])
    yield attention('attention_bias_1', [q, k, v, None, flags(r, 2, 5), r.f32(1, 1, 3, 5)])
    yield attention('causal', [k, k, v], causal)
    yield attention('causal_more_keys', [q, k, v], causal)
    yield attention('causal_less_keys', [k, q, q], causal)
    yield attention('causal_one_query', [q[:, :1].copy(), k, v], causal)
    yield attention('present', [q, k, v], outputs=three)
    yield from both(attention('past', [q, k, v, None, None, None, *past], outputs=three))
    yield attention('past_causal', [q, q, q, bias, None, None, *past], causal, three)
    yield attention('past_mask', [q, k, v, None, flags(r, 2, 9), r.f32(1, 2, 3, 9), *past],
                    outputs=three)
    yield attention('past_shared', [q, q, q, None, None, None, r.f32(2, 2, 8, 4),
                                    r.f32(2, 2, 8, 4), np.array([4], np.int32)], causal, three)
    qk = attention('scores', [q, k, v, None, np.array([4, 5], np.int32), r.f32(1, 1, 3, 5)],
                   outputs=[True, False, False, True])
    qk.types = {3: onnx.TensorProto.FLOAT}
    yield qk

    # Packed operands, which ONNX Runtime has on other devices.
    def packed(name, values, count, *others, **arguments):
        """The last `count` of queries, keys and values in one tensor."""
        apart = attention(f'packed_{name}', [*values, *others], **arguments)
        heads = [value.reshape(*value.shape[:2], 2, 4) for value in values[-count:]]
        inputs = [*values[:-count], np.stack(heads, 3), *[None] * (count - 1), *others]
        return replace(apart, inputs=inputs, expected=outputs_of(apart))

    yield packed('qkv', [q, q + 1, q - 2], 3)
    yield packed('qkv_bias', [q, q + 1, q - 2], 3, bias, outputs=three)
    yield packed('qkv_past', [q, q + 1, q - 2], 3, None, None, None, *past, attributes=causal,
                 outputs=three)
    yield packed('kv', [q, k, v], 2)
    yield packed('kv_bias', [q, k, v], 2, bias, outputs=three)


def group_query_attentions():
    r = Random('group_query_attentions')
    op = 'GroupQueryAttention'
    heads = {'num_heads': 4, 'kv_num_heads': 2}
    three = [True, True, True]

    def attention(name, inputs, attributes=None, outputs=three):
        return Case(f'group_query_attention_{name}', op, inputs, heads | (attributes or {}),
                    list(outputs))

    def lengths(total, *last):
        return [np.array(last, np.int32), np.array([total], np.int32)]

    def operands(size, batch=2, rows=3):
        """Queries, keys and values; a cache of six rows."""
        qkv = [r.f32(batch, rows, count * size) for count in (4, 2, 2)]
        return qkv, [r.f32(batch, 2, 6, size), r.f32(batch, 2, 6, size)]

    def pack(qkv):
        return [np.concatenate(qkv, -1), None, None]

    qkv, past = operands(8)
    one = [value[:, :1].copy() for value in qkv]
    chunk = [value[:1] for value in qkv + past]
    prompt = [None, None, *lengths(3, 2, 2)]
    token = [*past, *lengths(5, 4, 2)]
    yield from both(attention('prompt', qkv + prompt))
    yield attention('prompt_output_only', qkv + prompt, outputs=[True])
    yield attention('prompt_packed', pack(qkv) + prompt)
    yield attention('prompt_padded', qkv + [None, None, *lengths(3, 0, 2)])
    yield attention('prompt_over_past', qkv + past + prompt[2:])
    yield from both(attention('token', one + token))
    yield attention('token_packed', pack(one) + token)
    yield attention('token_grows', one + past + lengths(7, 6, 3))
    yield attention('chunk', chunk + lengths(5, 4))
    yield attention('chunk_grows', chunk + lengths(9, 8))
    for name, attributes in {
        'scale': {'scale': 0.1}, 'softcap': {'softcap': 0.7}, 'window': {'local_window_size': 2},
        'smooth': {'smooth_softmax': 1}, 'all_keys': {'causal': 0},
    }.items():
        yield attention(f'prompt_{name}', qkv + prompt, attributes, [True])
        yield attention(f'token_{name}', one + token, attributes)
    sink, bias = r.f32(4), r.f32(1, 4, 3, 3)
    yield attention('sink', qkv + prompt + [None, None, None, None, sink])
    yield attention('bias', qkv + prompt + [None, None, None, bias], {'softcap': 0.7}, [True])
    yield attention('token_bias', one + token + [None, None, None, r.f32(2, 1, 1, 5)])
    for mode, name in {1: 'scores', 2: 'probabilities'}.items():
        case = attention(name, qkv + prompt, {'qk_output': mode, 'local_window_size': 2},
                         three + [True])
        case.types = {3: onnx.TensorProto.FLOAT}
        yield case

    # Normalized heads, which ONNX Runtime has on other devices.
    weights = [r.f32(8), r.f32(8)]
    normalized = [
        outputs_of(Case('', 'SimplifiedLayerNormalization',
                        [value.reshape(2, 3, -1, 8), weight], {'epsilon': 1e-3}, domain='')
                   )[0].reshape(value.shape)
        for value, weight in zip(qkv, weights)
    ]
    yield replace(attention('norm', qkv + prompt + [None] * 7 + weights, {'qk_norm_epsilon': 1e-3}),
                  expected=outputs_of(attention('', normalized + qkv[2:] + prompt)))

    # ONNX Runtime turns heads of a multiple of 16 elements only.
    qkv, past = operands(16)
    one = [value[:, :1].copy() for value in qkv]
    token = [*past, *lengths(5, 4, 2)]
    chunk = [value[:1] for value in qkv + past]
    rotary = {'do_rotary': 1}
    caches = [r.f32(10, 8), r.f32(10, 8)]
    ids = np.array([[5, 1, 2], [3, 0, 7]], np.int64)
    yield attention('rotary', qkv + prompt + caches, rotary)
    yield attention('rotary_interleaved', qkv + prompt + caches, rotary | {'rotary_interleaved': 1},
                    [True])
    yield attention('rotary_packed', pack(qkv) + prompt + caches, rotary, [True])
    yield attention('rotary_partial', operands(32, 1, 2)[0] + [None, None, *lengths(2, 1)] + caches,
                    rotary)
    yield attention('rotary_token', one + token + caches, rotary)
    yield attention('rotary_chunk', chunk + lengths(5, 4) + caches, rotary)
    yield attention('rotary_positions', qkv + prompt + caches + [ids], rotary, [True])
    yield attention('rotary_positions_token', one + token + caches + [ids[:, :1].copy()], rotary)


def main():
    groups = [normalizations, embeddings, activations, products, convolutions, poolings,
              rotary_embeddings, attentions, multi_head_attentions, group_query_attentions]
    write([case for group in groups for case in group()])


if __name__ == '__main__':
    main()
