/** A refusal with an HTTP status. Each face turns it into the error body of its protocol. */
export class HttpFailure extends Error {
  readonly status: number;
  /** The request field at fault, as a dotted path. */
  readonly field: string | null;
  /** Error type of the vLLM face; null takes the one that belongs to the status. */
  readonly type: string | null;

  constructor(
    status: number,
    message: string,
    options: { field?: string | null; type?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HttpFailure';
    this.status = status;
    this.field = options.field ?? null;
    this.type = options.type ?? null;
  }
}

/** A request body that is not what its route takes; `status` is set by the face (400 or 422). */
export class FieldFault extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.name = 'FieldFault';
    this.field = field;
  }
}
