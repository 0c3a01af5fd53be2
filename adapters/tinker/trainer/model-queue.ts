import { createHash } from 'node:crypto';
import { ParallelR1Error, TrainerError } from '../../../src/errors.ts';
import type { TrainerRequestLog, TrainerRequestRecord } from '../../../src/ports/trainer.ts';
import { Deadline, type FutureResult, retrieveFuture, sendPatiently, type TrainerIo } from '../wire/patience.ts';
import { parseFields, readJson, type WireBody } from '../wire/trainer-http.ts';
import { submittedSchema } from '../wire/wire-schemas.ts';
import type { Profile } from './profile.ts';

/** One operation that counts in a model's sequence. */
export interface NumberedOperation<T> {
  /** Wire name, which is also the path. */
  readonly operation: string;
  /** Made when its turn has come: bodies carry the number, and a body may need the result of an earlier operation. */
  readonly encode: (modelId: string, seqId: number) => WireBody | Promise<WireBody>;
  readonly acceptsProtobuf?: boolean;
  readonly parse: (result: FutureResult) => T;
  /** What to answer when the server did the work but its result is lost. */
  readonly recover: (deadline: Deadline) => T | Promise<T>;
}

export interface ModelQueueOptions {
  readonly io: TrainerIo;
  readonly profile: Profile;
  readonly modelId: string;
  readonly operationTimeoutMs: number;
  readonly requestLog: TrainerRequestLog;
}

/** What the server made of a submission; `executed` when a repeated one was done already. */
interface Submission {
  readonly record: TrainerRequestRecord;
  readonly what: string;
  readonly requestId: string | null;
  readonly wasRepeated: boolean;
}

/**
 * The numbered operations of one open model: submitted one after another in call order, retrieved side
 * by side, delivered in order. After a failure everything behind it is refused, because the gradient on
 * the server may be partial; the caller opens the model again from a saved state.
 */
export class ModelQueue {
  readonly modelId: string;
  readonly #options: ModelQueueOptions;
  readonly #waiting = new Map<object, AbortController>();
  #nextSeqId = 1;
  #lastSubmission: Promise<unknown> = Promise.resolve();
  #lastDelivery: Promise<unknown> = Promise.resolve();
  #brokenBy: Error | null = null;
  #isClosed = false;

  constructor(options: ModelQueueOptions) {
    this.modelId = options.modelId;
    this.#options = options;
  }

  /** Queues an operation. Rejects with `TrainerError`, the log's own error, or the signal's reason. */
  submit<T>(operation: NumberedOperation<T>, signal?: AbortSignal): Promise<T> {
    const token = {};
    const cancel = new AbortController();
    this.#waiting.set(token, cancel);
    const stop = signal === undefined ? cancel.signal : AbortSignal.any([signal, cancel.signal]);
    const { io, operationTimeoutMs } = this.#options;
    const giveUp = (error: unknown) => {
      this.#break(error, token);
      throw error;
    };
    // Both ends break the queue before the operation behind can look at it.
    const submission = this.#lastSubmission
      .then(() => this.#send(operation, new Deadline(io.clock, operationTimeoutMs), stop))
      .catch(giveUp);
    const delivery = this.#deliver(operation, submission, this.#lastDelivery, stop)
      .catch(giveUp)
      .finally(() => this.#waiting.delete(token));
    this.#lastSubmission = submission.catch(() => {});
    this.#lastDelivery = delivery.catch(() => {});
    return delivery;
  }

  /** Refuses everything queued and to come. Nothing is sent. */
  close(reason: TrainerError): void {
    this.#isClosed = true;
    this.#break(reason, null);
  }

  async #send<T>(operation: NumberedOperation<T>, deadline: Deadline, signal: AbortSignal): Promise<Submission> {
    signal.throwIfAborted();
    if (this.#brokenBy !== null) throw this.#toDiscarded(operation.operation, this.#brokenBy);
    const { io, requestLog } = this.#options;
    const seqId = this.#nextSeqId;
    const what = `${operation.operation} #${seqId} of model ${this.modelId}`;
    const body = await operation.encode(this.modelId, seqId);
    signal.throwIfAborted();
    const record = { modelId: this.modelId, seqId, operation: operation.operation, payloadHash: hashBody(body) };
    requestLog.submitting(record);
    this.#nextSeqId += 1;
    let wasRepeated = false;
    const onDoubt = () => {
      wasRepeated = true;
    };
    try {
      const call = { what, body, deadline, signal, canRepeat: true, onDoubt };
      const { request_id: requestId } = await sendPatiently(io, operation.operation, call, (reply) =>
        parseFields(submittedSchema, readJson(reply), reply.site),
      );
      requestLog.acknowledged(record, requestId);
      return { record, what, requestId, wasRepeated };
    } catch (error) {
      if (wasRepeated && error instanceof TrainerError && this.#saysExecuted(error, seqId)) {
        return { record, what, requestId: null, wasRepeated };
      }
      this.#logFailure(record, error, signal);
      throw error;
    }
  }

  async #deliver<T>(
    operation: NumberedOperation<T>,
    submission: Promise<Submission>,
    prior: Promise<unknown>,
    signal: AbortSignal,
  ): Promise<T> {
    const submitted = await submission;
    const { io, operationTimeoutMs, requestLog } = this.#options;
    const deadline = new Deadline(io.clock, operationTimeoutMs);
    // The server works in order: time counts from when the operation before this one was done.
    void prior.then(() => deadline.restart());
    try {
      const value = await this.#retrieve(operation, submitted, deadline, signal);
      await prior;
      signal.throwIfAborted();
      requestLog.finished(submitted.record, 'done', null);
      return value;
    } catch (error) {
      this.#logFailure(submitted.record, error, signal);
      throw error;
    }
  }

  async #retrieve<T>(
    operation: NumberedOperation<T>,
    { record, what, requestId, wasRepeated }: Submission,
    deadline: Deadline,
    signal: AbortSignal,
  ): Promise<T> {
    if (requestId === null) return operation.recover(deadline);
    const acceptsProtobuf = operation.acceptsProtobuf ?? false;
    const call = { requestId, operation: operation.operation, what, acceptsProtobuf, deadline, signal };
    try {
      return operation.parse(await retrieveFuture(this.#options.io, call));
    } catch (error) {
      if (wasRepeated && error instanceof TrainerError && this.#saysExecuted(error, record.seqId)) {
        return operation.recover(deadline);
      }
      throw error;
    }
  }

  /** Whether a refusal of a repeated submission tells that the first one was carried out. */
  #saysExecuted({ status, message }: TrainerError, seqId: number): boolean {
    if (status !== 409) return false;
    if (/already exists/i.test(message)) return true;
    const conflict = /expected (\d+),? got (\d+)/i.exec(message);
    const isPast = conflict !== null && Number(conflict[2]) === seqId && Number(conflict[1]) === seqId + 1;
    return isPast && this.#options.profile.replay === 'sequence-conflict';
  }

  /** An operation that was aborted or closed over stays open in the log: its outcome was not seen. */
  #logFailure(record: TrainerRequestRecord, error: unknown, signal: AbortSignal): void {
    const isOwn = error instanceof TrainerError;
    if (this.#isClosed || (signal.aborted && !isOwn)) return;
    this.#options.requestLog.finished(record, 'failed', isOwn ? error.message : String(error));
  }

  /** Map order is submission order: what stands behind the failed operation is cancelled, what stands before goes on. */
  #break(error: unknown, token: object | null): void {
    this.#brokenBy ??= error instanceof Error ? error : new Error(String(error));
    let isBehind = token === null;
    for (const [other, cancel] of this.#waiting) {
      if (isBehind) cancel.abort(this.#toDiscarded('a later operation', this.#brokenBy));
      isBehind ||= other === token;
    }
  }

  #toDiscarded(what: string, cause: Error): TrainerError {
    const retryable = cause instanceof ParallelR1Error && cause.retryable;
    return new TrainerError(`${what} of model ${this.modelId} was not carried out; before it: ${cause.message}`, {
      cause,
      retryable,
    });
  }
}

function hashBody(body: WireBody): string {
  return createHash('sha256').update(body.bytes).digest('hex');
}
