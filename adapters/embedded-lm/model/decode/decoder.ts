import type { SampleChoice } from '../contract.ts';
import type { DecodeRegion } from '../memory-plan.ts';
import { type Runtime, viewIntegers } from '../runtime.ts';
import type { BoardNumbers, DecodeRequest, Sampled } from '../thread-messages.ts';
import { drawToken } from './draw-token.ts';
import { KvSlots } from './kv-slots.ts';
import { runRows } from './run-rows.ts';
import { appendToken, openSequence, positionOf, type Sequence, toChoice } from './sequence.ts';

/** A request with the choices that have not begun and those that are done. */
interface Order {
  readonly id: number;
  readonly request: DecodeRequest;
  readonly choices: (SampleChoice | null)[];
  begun: number;
  done: number;
  /** The first choice; while it computes the prompt the others wait, to copy it. */
  leader: Sequence | null;
}

/** Rows of one pass: which sequences, how many tokens each. */
interface Batch {
  readonly sequences: Sequence[];
  /** Last row of each sequence. */
  readonly lastRows: number[];
  rows: number;
}

/**
 * Samples many requests at once on one thread. Every step takes one token of each running sequence and
 * as much of waiting prompts as there is room; a sequence that ends makes room at once.
 */
export class Decoder {
  readonly #runtime: Runtime;
  readonly #region: DecodeRegion;
  readonly #slots: KvSlots;
  readonly #orders = new Map<number, Order>();
  #running: Sequence[] = [];
  #promptTokens = 0;
  #generatedTokens = 0;
  #cachedTokens = 0;

  constructor(runtime: Runtime, region: DecodeRegion) {
    this.#runtime = runtime;
    this.#region = region;
    this.#slots = new KvSlots(runtime, region);
  }

  get isIdle(): boolean {
    return this.#orders.size === 0;
  }

  add(id: number, request: DecodeRequest): void {
    const choices = Array.from({ length: request.n }, () => null);
    this.#orders.set(id, { id, request, choices, begun: 0, done: 0, leader: null });
  }

  /** Forgets a request and frees its slots. */
  abort(id: number): void {
    this.#orders.delete(id);
    this.#running = this.#running.filter((sequence) => {
      if (sequence.id === id) this.#slots.release(sequence.slot);
      return sequence.id !== id;
    });
  }

  /** Takes every running sequence one step on and returns the requests that finished. */
  step(): Sampled[] {
    this.#admit();
    for (const snapshot of new Set(this.#running.map(({ request }) => request.snapshot.address))) {
      this.#runSnapshot(snapshot);
    }
    return this.#collect();
  }

  numbers(): BoardNumbers {
    let waiting = 0;
    for (const { request, begun } of this.#orders.values()) waiting += request.n - begun;
    return {
      running: this.#running.length,
      waiting,
      usedSlots: this.#slots.busy,
      promptTokens: this.#promptTokens,
      generatedTokens: this.#generatedTokens,
      cachedTokens: this.#cachedTokens,
    };
  }

  #admit(): void {
    for (const order of this.#orders.values()) {
      while (order.begun < order.request.n && this.#mayBegin(order)) {
        if (!this.#begin(order)) return;
      }
    }
  }

  #mayBegin({ begun, leader }: Order): boolean {
    return begun === 0 || leader === null || leader.ids.length > 0;
  }

  /** False when no slot is free. */
  #begin(order: Order): boolean {
    const { request } = order;
    const isShareable = request.positionIds === undefined && request.attnPath === undefined;
    const slot = this.#slots.take(request.prompt, request.snapshot.generation, isShareable);
    if (slot === null) return false;
    const sequence = openSequence(order.id, order.begun, request, slot);
    if (request.attnPath !== undefined) this.#storePaths(sequence);
    if (order.begun === 0) order.leader = isShareable ? sequence : null;
    order.begun += 1;
    this.#running.push(sequence);
    this.#promptTokens += request.prompt.length;
    this.#cachedTokens += sequence.cachedTokens;
    return true;
  }

  /** Sampled tokens are trunk: path 0. */
  #storePaths({ slot, request }: Sequence): void {
    const paths = viewIntegers(this.#runtime, slot.pathsAddress, this.#runtime.shape.maxLength);
    paths.fill(0);
    paths.set(request.attnPath!);
  }

  /** Single tokens first, so that no running sequence waits for somebody's prompt. */
  #runSnapshot(snapshot: number): void {
    const members = this.#running.filter(({ request }) => request.snapshot.address === snapshot);
    const isDecoding = ({ slot }: Sequence) => slot.known - slot.stored === 1;
    const batch: Batch = { sequences: [], lastRows: [], rows: 0 };
    for (const sequence of members) if (isDecoding(sequence)) this.#fillRows(batch, sequence);
    for (const sequence of members) if (!isDecoding(sequence)) this.#fillRows(batch, sequence);
    runRows(this.#runtime, this.#region, snapshot, batch.rows);
    batch.sequences.forEach((sequence, i) => {
      if (sequence.slot.stored === sequence.slot.known) this.#extend(sequence, batch.lastRows[i]!);
    });
  }

  #fillRows(batch: Batch, sequence: Sequence): void {
    const { slot, request } = sequence;
    const { integers } = this.#runtime;
    const { tokens, positions, indices, slotAddresses, pathAddresses, rows } = this.#region;
    const to = Math.min(slot.known, slot.stored + rows - batch.rows);
    if (to === slot.stored) return;
    for (let i = slot.stored; i < to; i += 1) {
      const row = batch.rows;
      integers[tokens / 4 + row] = slot.tokens[i]!;
      integers[positions / 4 + row] = positionOf(sequence, i);
      integers[indices / 4 + row] = i;
      integers[slotAddresses / 4 + row] = slot.address;
      integers[pathAddresses / 4 + row] = request.attnPath === undefined ? 0 : slot.pathsAddress;
      batch.rows += 1;
    }
    slot.stored = to;
    batch.sequences.push(sequence);
    batch.lastRows.push(batch.rows - 1);
  }

  #extend(sequence: Sequence, row: number): void {
    const { id, logprob } = drawToken(this.#runtime, this.#region, row, sequence.request, sequence.rng);
    this.#generatedTokens += 1;
    if (!appendToken(sequence, id, logprob)) return;
    this.#slots.release(sequence.slot);
    const order = this.#orders.get(sequence.id)!;
    order.choices[sequence.index] = toChoice(sequence);
    order.done += 1;
  }

  #collect(): Sampled[] {
    const isDone = (sequence: Sequence) => this.#orders.get(sequence.id)!.choices[sequence.index] !== null;
    this.#running = this.#running.filter((sequence) => !isDone(sequence));
    const finished: Sampled[] = [];
    for (const { id, request, choices, done } of this.#orders.values()) {
      if (done < request.n) continue;
      finished.push({ id, choices: choices as SampleChoice[] });
      this.#orders.delete(id);
    }
    return finished;
  }
}
