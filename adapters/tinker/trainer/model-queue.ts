import { createHash } from 'node:crypto';
import { ParallelR1Error, TrainerError } from '../../../src/errors.ts';
import type { TrainerRequestLog, TrainerRequestRecord } from '../../../src/ports/trainer.ts';
import { Deadline, type FutureResult, retrieveFuture, sendPatiently, type TrainerIo } from '../wire/patience.ts';
import { parseFields, readJson, type WireBody } from '../wire/trainer-http.ts';
import { submittedSchema } from '../wire/wire-schemas.ts';
import { addAdvice } from './known-faults.ts';
import type { Profile } from './profile.ts';

/** One operation that counts in a model's sequence. */
export interface NumberedOperation<T> {
  /** Wire name, which is also the path. */
  readonly operation: string;
  /** A pass adds gradients or none, and passes may change places; everything else may not. Default false. */
  readonly isPass?: boolean;
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

/** The number was used for another request: somebody else drives this model, and what it holds is not known. */
export class ReusedNumberError extends TrainerError {}

/** What the server made of a submission; without an id a repeated one was done already. */
interface Submission {
  readonly record: TrainerRequestRecord;
  readonly what: string;
  readonly body: WireBody;
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
  #wasPass = false;
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
    const giveUp = (fault: unknown) => {
      const error = addAdvice(markLostModel(fault));
      this.#break(error, token);
      throw error;
    };
    // Both ends break the queue before the operation behind can look at it.
    const submission = this.#takeTurn(operation.isPass ?? false)
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

  /** Refuses everything queued and to come, because the model may not be what it was. */
  distrust(reason: TrainerError): void {
    if (!this.#isClosed) this.#break(reason, null);
  }

  /** Where the client keeps the order, only passes follow passes before these are done. */
  #takeTurn(isPass: boolean): Promise<unknown> {
    const mayFollow = this.#options.profile.order === 'server' || (isPass && this.#wasPass);
    this.#wasPass = isPass;
    return mayFollow ? this.#lastSubmission : Promise.all([this.#lastSubmission, this.#lastDelivery]);
  }

  async #send<T>(operation: NumberedOperation<T>, deadline: Deadline, signal: AbortSignal): Promise<Submission> {
    signal.throwIfAborted();
    if (this.#brokenBy !== null) throw this.#toDiscarded(operation.operation, this.#brokenBy);
    const { requestLog } = this.#options;
    const seqId = this.#nextSeqId;
    const what = `${operation.operation} #${seqId} of model ${this.modelId}`;
    const body = await operation.encode(this.modelId, seqId);
    signal.throwIfAborted();
    const record = { modelId: this.modelId, seqId, operation: operation.operation, payloadHash: hashBody(body) };
    requestLog.submitting(record);
    this.#nextSeqId += 1;
    try {
      return await this.#post(record, what, body, deadline, signal);
    } catch (error) {
      this.#logFailure(record, error, signal);
      throw error;
    }
  }

  /** Sends the bytes, again and again the same ones where a reply is lost. */
  async #post(
    record: TrainerRequestRecord,
    what: string,
    body: WireBody,
    deadline: Deadline,
    signal: AbortSignal,
    isResent = false,
  ): Promise<Submission> {
    const { io, profile, requestLog } = this.#options;
    let wasRepeated = isResent;
    let wasUnreachable = false;
    const call = {
      what,
      body,
      deadline,
      signal,
      canRepeat: profile.replay !== 'none',
      onDoubt: () => {
        wasRepeated = true;
      },
      onUnreachable: () => {
        wasUnreachable = true;
      },
    };
    try {
      const { request_id: requestId } = await sendPatiently(io, record.operation, call, (reply) =>
        parseFields(submittedSchema, readJson(reply), reply.site),
      );
      if (wasUnreachable && profile.restoresModels) throw this.#toRestored();
      requestLog.acknowledged(record, requestId);
      return { record, what, body, requestId, wasRepeated };
    } catch (error) {
      if (!(error instanceof TrainerError)) throw error;
      if (wasRepeated && this.#saysExecuted(error, record.seqId)) {
        return { record, what, body, requestId: null, wasRepeated };
      }
      throw toReused(error, record.seqId) ?? error;
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
    submission: Submission,
    deadline: Deadline,
    signal: AbortSignal,
    isResent = false,
  ): Promise<T> {
    const { record, what, body, requestId, wasRepeated } = submission;
    if (requestId === null) return operation.recover(deadline);
    const acceptsProtobuf = operation.acceptsProtobuf ?? false;
    const call = { requestId, operation: operation.operation, what, acceptsProtobuf, deadline, signal };
    try {
      return operation.parse(await retrieveFuture(this.#options.io, call));
    } catch (error) {
      if (!(error instanceof TrainerError)) throw error;
      if (wasRepeated && this.#saysExecuted(error, record.seqId)) return operation.recover(deadline);
      const isLost = error.status === 404 || error.status === 410;
      if (!isLost || isResent || this.#options.profile.replay === 'none') throw error;
      // The server does not know its own promise any more. Asked for the same once more, it makes another one, or says
      // that the work is done.
      const again = await this.#post(record, what, body, deadline, signal, true);
      if (again.requestId === requestId) return operation.recover(deadline);
      return this.#retrieve(operation, again, deadline, signal, true);
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

  #toRestored(): TrainerError {
    return new TrainerError(
      `trainer ${this.#options.io.http.url} was away: restarted, it gives model ${this.modelId} the weights of its last checkpoint, and what was done since is gone`,
      { retryable: true },
    );
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

/** The error of a number that another request had; null for any other refusal. */
function toReused(error: TrainerError, seqId: number): ReusedNumberError | null {
  if (error.status !== 409 || !/sequence number was reused/i.test(error.message)) return null;
  return new ReusedNumberError(
    `${error.message}; number ${seqId} was another request's: does a second process train this model? End it, then resume from the last saved state`,
    { cause: error, status: 409 },
  );
}

/** SkyRL says with 400, or 409, that a model went with the process that held it; others say 404. */
const NOT_LOADED = /\bmodel\b[^.;]{0,100}\bnot loaded\b/i;

/** The same failure as every server tells it: a model that is gone is one that was not found. */
function markLostModel(error: unknown): unknown {
  if (!(error instanceof TrainerError) || error.retryable || !NOT_LOADED.test(error.message)) return error;
  return new TrainerError(error.message, { cause: error, status: 404 });
}

function hashBody(body: WireBody): string {
  return createHash('sha256').update(body.bytes).digest('hex');
}
