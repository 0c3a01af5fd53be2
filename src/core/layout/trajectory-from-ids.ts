import type { TagIds } from '../grammar.ts';
import {
  flattenResponse,
  type Origin,
  type Piece,
  type Segment,
  type SegmentRole,
  type Trajectory,
} from '../trajectory.ts';

/** Why token ids are not a canonical target; `at` is the index of the token in the response. */
export interface IdFault {
  readonly code: string;
  readonly at: number;
}

export interface FromIdsOptions {
  /** For each ordinal the label ids that must follow `<Path>`, because a rollout would inject them; null for none. */
  readonly pathLabels: readonly (readonly number[])[] | null;
}

/**
 * Cuts the token ids of a canonical SFT target (with its end of sequence) into the segments that a forked
 * rollout would have made of it: what the controller inserts (`<Path>` and label, `</Parallel>`, gap
 * and `<Summary>`) has origin `injected`, everything else `teacher`. `texts` holds the text of each response
 * token, or is null. Returns the first fault when the ids are not canonical (codes of the strict
 * grammar, and `gap_mismatch`, `label_mismatch`, `missing_eos`, `eos_inside`).
 */
export function buildTrajectoryFromIds(
  promptIds: readonly number[],
  responseIds: readonly number[],
  texts: readonly string[] | null,
  tags: TagIds,
  options: FromIdsOptions,
): Trajectory | IdFault {
  const cutter = new Cutter(responseIds, texts, tags, options.pathLabels);
  const fault = cutter.run();
  return fault ?? { promptIds, segments: cutter.segments, end: 'eos' };
}

/** The ids of an SFT target (with its end of sequence) as the one segment a sequential rollout would have made of it. */
export function buildPlainTrajectory(promptIds: readonly number[], responseIds: readonly number[]): Trajectory {
  const piece: Piece = { ids: responseIds, text: '', logprobs: null, origin: 'teacher' };
  const own = { flags: [], seed: null, weightsVersion: null };
  return {
    promptIds,
    segments: [{ role: 'main', block: 0, path: 0, pieces: [piece], stop: 'eos', ...own }],
    end: 'eos',
  };
}

class Cutter {
  readonly segments: Segment[] = [];
  readonly #ids: readonly number[];
  readonly #texts: readonly string[] | null;
  readonly #tags: TagIds;
  readonly #labels: FromIdsOptions['pathLabels'];
  #at = 0;
  #block = 0;

  constructor(
    ids: readonly number[],
    texts: readonly string[] | null,
    tags: TagIds,
    labels: FromIdsOptions['pathLabels'],
  ) {
    this.#ids = ids;
    this.#texts = texts;
    this.#tags = tags;
    this.#labels = labels;
  }

  run(): IdFault | null {
    for (;;) {
      const main = this.#cutMain();
      if (main !== null) return main;
      if (this.#at === this.#ids.length) return null;
      const block = this.#cutBlock();
      if (block !== null) return block;
    }
  }

  /** Up to and including `<Parallel>`, or to the end of sequence, which must be the last token. */
  #cutMain(): IdFault | null {
    const from = this.#at;
    for (; this.#at < this.#ids.length; this.#at += 1) {
      const id = this.#ids[this.#at]!;
      if (id === this.#tags.parallelOpen) {
        this.#at += 1;
        this.#push('main', 0, 0, [this.#piece(from, this.#at, 'teacher')], 'tag');
        return this.#at < this.#ids.length ? null : this.#fault('unclosed_block', this.#at - 1);
      }
      if (this.#isEos(id)) {
        if (this.#at + 1 < this.#ids.length) return this.#fault('eos_inside');
        this.#at += 1;
        this.#push('main', 0, 0, [this.#piece(from, this.#at, 'teacher')], 'eos');
        return null;
      }
      const code = this.#nameStrayTag(id);
      if (code !== null) return this.#fault(code);
    }
    return this.#fault('missing_eos');
  }

  #cutBlock(): IdFault | null {
    this.#block += 1;
    let paths = 0;
    while (this.#ids[this.#at] === this.#tags.pathOpen) {
      paths += 1;
      const fault = this.#cutPath(paths);
      if (fault !== null) return fault;
    }
    if (this.#at >= this.#ids.length) return this.#fault('unclosed_block');
    const next = this.#ids[this.#at]!;
    if (next !== this.#tags.parallelClose) return this.#fault(this.#nameFaultInBlock(next));
    if (paths < 2) return this.#fault('too_few_paths');
    return this.#cutSummary();
  }

  #cutPath(path: number): IdFault | null {
    const from = this.#at;
    const label = this.#labels?.[path - 1] ?? [];
    const contentFrom = from + 1 + label.length;
    const mismatch = label.findIndex((id, k) => this.#ids[from + 1 + k] !== id);
    if (mismatch >= 0) return this.#fault('label_mismatch', from + 1 + mismatch);
    const end = this.#findCloser(contentFrom, this.#tags.pathClose, (id) => this.#nameTagInPath(id), 'unclosed_path');
    if (typeof end !== 'number') return end;
    const pieces = [this.#piece(from, contentFrom, 'injected'), this.#piece(contentFrom, end, 'teacher')];
    this.#push('path', this.#block, path, pieces, 'tag');
    this.#at = end;
    return null;
  }

  #cutSummary(): IdFault | null {
    const from = this.#at;
    const gap = this.#tags.gap;
    const open = from + 1 + gap.length;
    const mismatch = gap.findIndex((id, k) => this.#ids[from + 1 + k] !== id);
    if (mismatch >= 0 || this.#ids[open] !== this.#tags.summaryOpen) {
      const next = this.#ids.find((id, at) => at > from && (this.#isTag(id) || this.#isEos(id)));
      return this.#fault(next === this.#tags.summaryOpen ? 'gap_mismatch' : 'missing_summary', from + 1);
    }
    const nameTag = (id: number) => (this.#isTag(id) ? 'tag_in_summary' : null);
    const end = this.#findCloser(open + 1, this.#tags.summaryClose, nameTag, 'unclosed_summary');
    if (typeof end !== 'number') return end;
    const pieces = [this.#piece(from, open + 1, 'injected'), this.#piece(open + 1, end, 'teacher')];
    this.#push('summary', this.#block, 0, pieces, 'tag');
    this.#at = end;
    return null;
  }

  /** Index after the closing tag, or the first other tag or end of sequence before it. */
  #findCloser(
    from: number,
    closer: number,
    nameTag: (id: number) => string | null,
    unclosed: string,
  ): number | IdFault {
    for (let at = from; at < this.#ids.length; at += 1) {
      const id = this.#ids[at]!;
      if (id === closer) return at + 1;
      const code = this.#isEos(id) ? unclosed : nameTag(id);
      if (code !== null) return this.#fault(code, at);
    }
    return this.#fault(unclosed, this.#ids.length);
  }

  #piece(from: number, to: number, origin: Origin): Piece {
    const text = this.#texts?.slice(from, to).join('') ?? '';
    return { ids: this.#ids.slice(from, to), text, logprobs: null, origin };
  }

  #push(role: SegmentRole, block: number, path: number, pieces: Piece[], stop: 'tag' | 'eos'): void {
    this.segments.push({ role, block, path, pieces, stop, flags: [], seed: null, weightsVersion: null });
  }

  #fault(code: string, at = this.#at): IdFault {
    return { code, at };
  }

  #isEos(id: number): boolean {
    return this.#tags.eos.includes(id);
  }

  #isTag(id: number): boolean {
    return this.#nameStrayTag(id) !== null || id === this.#tags.parallelOpen;
  }

  #nameStrayTag(id: number): string | null {
    const tags = this.#tags;
    if (id === tags.pathOpen) return 'path_outside_block';
    if (id === tags.summaryOpen) return 'summary_outside_block';
    return id === tags.pathClose || id === tags.parallelClose || id === tags.summaryClose ? 'stray_close' : null;
  }

  /** What stands between two paths, where only `<Path>` or `</Parallel>` may. */
  #nameFaultInBlock(id: number): string {
    if (this.#isEos(id)) return 'unclosed_block';
    if (id === this.#tags.parallelOpen) return 'nested_block';
    if (id === this.#tags.summaryOpen) return 'summary_inside_block';
    return this.#isTag(id) ? 'stray_close' : 'text_in_block';
  }

  #nameTagInPath(id: number): string | null {
    if (id === this.#tags.parallelOpen) return 'nested_block';
    if (id === this.#tags.pathOpen) return 'nested_path';
    return this.#isTag(id) ? 'tag_in_path' : null;
  }
}

/**
 * A dialect: how a response with parallel paths is written as one sequence of tokens. Printing and parsing agree:
 * `parse(promptIds, print(t))` equals `t` for every trajectory `t` that `parse` returned.
 */
export interface TrajectoryCodec {
  /** Name of the dialect. */
  readonly dialect: string;
  /** Ids of the response, prompt excluded; paths that were given up leave nothing in it. */
  print(trajectory: Trajectory): number[];
  /** The segments that a forked rollout would have made of these ids, with origins `teacher` and `injected`; or the first fault. */
  parse(promptIds: readonly number[], responseIds: readonly number[]): Trajectory | IdFault;
}

/** The dialect of the paper: `<Parallel>` with its `<Path>`s, then `<Summary>` (grammar in docs/data-flow.md). */
export function createParallelR1Codec(tags: TagIds, options: FromIdsOptions): TrajectoryCodec {
  return {
    dialect: 'parallel-r1',
    print: (trajectory) => flattenResponse(trajectory).ids,
    parse: (promptIds, responseIds) => buildTrajectoryFromIds(promptIds, responseIds, null, tags, options),
  };
}
