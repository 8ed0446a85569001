/** What went wrong, as a program sees it. */
export type ErrorCode =
  | 'InvalidModel'
  | 'Unsupported'
  | 'InvalidArgument'
  | 'Io'
  | 'Cancelled'
  | 'OutOfMemory'
  | 'Internal';

/** What an error is about. Absent members are unknown or do not apply. */
export interface Place {
  file?: string;
  /** A node's name, or "#index (OpType)" when it has none. */
  node?: string;
  tensor?: string;
  /** Offset in `file`. */
  byte?: number;
}

/** An error as it crosses a boundary. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
  where: Place;
}

/**
 * The one error this package throws. `message` says where, what and what to do next. A cancelled call rejects with code
 * 'Cancelled' and the name 'AbortError', its `cause` being the signal's reason.
 */
export class QuantabError extends Error implements ErrorData {
  /** What kind of failure it is. */
  readonly code: ErrorCode;
  /** What it is about. */
  readonly where: Place;

  constructor(code: ErrorCode, message: string, where: Place = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = code === 'Cancelled' ? 'AbortError' : 'QuantabError';
    this.code = code;
    this.where = where;
  }

  /** What JSON.stringify() keeps of it. */
  toJSON(): ErrorData {
    return { code: this.code, message: this.message, where: this.where };
  }

  /** The error that `data` describes. */
  static from(data: ErrorData): QuantabError {
    return new QuantabError(data.code, data.message, data.where);
  }
}

/** Any failure as a QuantabError: our own as they are, a runtime's memory failures by their code, others as `code`. */
export function asQuantabError(error: unknown, code: ErrorCode = 'Internal'): QuantabError {
  if (error instanceof QuantabError) return error;
  const message = messageOf(error);
  if (/out of memory|allocation fail|cannot enlarge memory/i.test(message)) {
    return new QuantabError(
      'OutOfMemory',
      `Not enough memory: ${sentenceOf(error)}`,
      {},
      { cause: error },
    );
  }
  return new QuantabError(code, message, {}, { cause: error });
}

export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error)
    return String(error.message);
  return String(error);
}

/** The same, ended like a sentence. */
export function sentenceOf(error: unknown): string {
  const message = messageOf(error);
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
