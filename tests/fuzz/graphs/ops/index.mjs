// Every operator, or group of operators, that graphs are made of: { op, make, since, until, weight }.
import binary from './binary.mjs';
import cast from './cast.mjs';
import control from './control.mjs';
import conv from './conv.mjs';
import dynamic from './dynamic.mjs';
import gather from './gather.mjs';
import integer from './integer.mjs';
import matmul from './matmul.mjs';
import nibbles from './nibbles.mjs';
import normalize from './normalize.mjs';
import pool from './pool.mjs';
import qdq from './qdq.mjs';
import qlinear from './qlinear.mjs';
import recurrent from './recurrent.mjs';
import reduce from './reduce.mjs';
import resize from './resize.mjs';
import select from './select.mjs';
import shape from './shape.mjs';
import slice from './slice.mjs';
import unary from './unary.mjs';

export const families = {
  unary,
  binary,
  reduce,
  shape,
  slice,
  gather,
  select,
  conv,
  pool,
  matmul,
  normalize,
  nibbles,
  resize,
  cast,
  recurrent,
  integer,
  qlinear,
  qdq,
  dynamic,
  control,
};
