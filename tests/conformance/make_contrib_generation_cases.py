"""Makes contrib/ for the operators that generate sequences; see contrib_cases.py.

    python tests/conformance/make_contrib_generation_cases.py     (needs onnx, numpy and onnxruntime)

The decoder is a small one whose logits depend on all that a decoder is given: the last token, its
position, the mask and the past state, so that a beam that gets the state of another shows.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from contrib_cases import Case, Random, write

VOCABULARY, PLACES = 9, 12


def decoder():
    r = Random('decoder')
    constants = {
        'tokens': r.f32(VOCABULARY, VOCABULARY) * 2,
        'places': r.f32(PLACES, VOCABULARY),
        'by_mask': r.f32(VOCABULARY) * np.float32(0.1),
        'by_past': r.f32(VOCABULARY) * np.float32(0.05),
        'halves': r.f32(2, 1, 1, 1, 2),
        'mask_axis': np.array([1], np.int64),
        'past_axes': np.array([0, 2, 3, 4], np.int64),
        'new_axes': np.array([0, 2, 4], np.int64),
        'row_axes': np.array([1, 2], np.int64),
    }
    node = helper.make_node
    nodes = [
        node('Gather', ['tokens', 'input_ids'], ['a']),
        node('Gather', ['places', 'position_ids'], ['b']),
        node('Cast', ['attention_mask'], ['mask'], to=TensorProto.FLOAT),
        node('ReduceSum', ['mask', 'mask_axis'], ['seen'], keepdims=0),
        node('Unsqueeze', ['seen', 'row_axes'], ['seen_rows']),
        node('Mul', ['seen_rows', 'by_mask'], ['c']),
        node('ReduceSum', ['past_0', 'past_axes'], ['state'], keepdims=0),
        node('Unsqueeze', ['state', 'row_axes'], ['state_rows']),
        node('Mul', ['state_rows', 'by_past'], ['d']),
        node('Sum', ['a', 'b', 'c', 'd'], ['logits']),
        node('Cast', ['input_ids'], ['ids'], to=TensorProto.FLOAT),
        node('Unsqueeze', ['ids', 'new_axes'], ['ids_5d']),
        node('Mul', ['ids_5d', 'halves'], ['new']),
        node('Concat', ['past_0', 'new'], ['present_0'], axis=3),
    ]
    info = helper.make_tensor_value_info
    ids = [
        info(name, TensorProto.INT32, ['batch', length])
        for name, length in (('input_ids', 'n'), ('position_ids', 'n'), ('attention_mask', 'all'))
    ]
    past = info('past_0', TensorProto.FLOAT, [2, 'batch', 1, 'before', 2])
    outputs = [
        info('logits', TensorProto.FLOAT, ['batch', 'n', VOCABULARY]),
        info('present_0', TensorProto.FLOAT, [2, 'batch', 1, 'all', 2]),
    ]
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    return helper.make_graph(nodes, 'decoder', [*ids, past], outputs, tensors)


def search(name, prompt, length=10, beams=3, returned=2, minimum=1, penalty=1.0, repetition=1.0,
           more=(), outputs=(True, True), **attributes):
    def one(value, dtype=np.int32):
        return np.array([value], dtype)

    inputs = [np.array(prompt, np.int32), one(length), one(minimum), one(beams), one(returned),
              one(penalty, np.float32), one(repetition, np.float32), *more]
    return Case(f'beam_search_{name}', 'BeamSearch', inputs,
                {'decoder': decoder(), 'eos_token_id': 8, 'pad_token_id': 0} | attributes,
                outputs=list(outputs))


def searches():
    prompt = [[1, 2, 3], [4, 5, 6]]
    mask = np.array([1, 1, 0, 1, 1, 1, 0, 1, 1], np.int32)
    first = np.ones((2, VOCABULARY), np.int32)
    first[:, 2:6] = 0
    yield search('plain', prompt)
    yield search('one_beam', prompt, beams=1, returned=1)
    yield search('padded', [[0, 0, 3], [4, 5, 6]], outputs=[True])
    yield search('penalties', prompt, penalty=0.5, repetition=1.5)
    yield search('minimum', prompt, minimum=9)
    yield search('early', prompt, early_stopping=1, beams=4, returned=4)
    yield search('ngram', prompt, length=12, no_repeat_ngram_size=2)
    yield search('vocabulary', prompt, more=[mask])
    yield search('prefix', prompt, more=[None, first])
    yield search('mask', prompt, more=[None, None, np.array([[0, 1, 1], [1, 1, 1]], np.int32)])


if __name__ == '__main__':
    write(list(searches()))
