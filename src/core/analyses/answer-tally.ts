import { listBlockTexts } from '../effective/block-texts.ts';
import { type EffectiveThresholds, measureTrajectory } from '../effective/effective-parallelism.ts';
import { listUnits } from '../effective/visible-text.ts';
import { countGeneratedTokens, isAwaited, type Trajectory } from '../trajectory.ts';
import { computeTrajectoryFigures, listTagPositions, summarizePositions } from '../trajectory-figures.ts';
import { measureSimilarity } from './path-similarity.ts';

/** One answer, with what was asked and the value it ends with; null when it states none. */
export interface TalliedAnswer {
  readonly trajectory: Trajectory;
  readonly problem: string;
  readonly answer: string | null;
}

/** What a tally must know beside the answers. */
export interface TallyScene {
  /** Token id of `<Parallel>`; null where it is not known, and then figures of tags in the text are left out. */
  readonly parallelOpen: number | null;
  readonly thresholds: EffectiveThresholds;
}

/**
 * How the answers of one step think in parallel. They are added one by one, so that a step is read page by page; what is
 * kept of each is a few numbers. Every figure is defined in docs/analyses.md.
 */
export class AnswerTally {
  readonly #scene: TallyScene;
  readonly #means = new Map<string, { sum: number; count: number }>();
  /** Positions of blocks, one list for each answer. */
  readonly #executed: (readonly number[])[] = [];
  readonly #inText: (readonly number[])[] = [];

  constructor(scene: TallyScene) {
    this.#scene = scene;
  }

  /** Adds a finished answer. */
  add(answer: TalliedAnswer): void {
    this.#addShape(answer.trajectory);
    this.#addPaths(answer);
    this.#addBlocks(answer);
  }

  /**
   * The figures by metric key. A mean over nothing is left out: figures of blocks and paths where no block was executed,
   * and the surprisal where the engine gave no log-probs.
   */
  figures(): Record<string, number> {
    const { micro, macro, first } = summarizePositions(this.#executed);
    const figures: readonly (readonly [string, number | null])[] = [
      ...[...this.#means].map(([key, { sum, count }]) => [key, sum / count] as const),
      ['block/position_micro', micro],
      ['block/position_macro', macro],
      ['block/position_first', first],
      ['block/position_text_first', summarizePositions(this.#inText).first],
    ];
    return Object.fromEntries(figures.filter((figure): figure is readonly [string, number] => figure[1] !== null));
  }

  #addShape(trajectory: Trajectory): void {
    const { blocks, selfParallelism } = computeTrajectoryFigures(trajectory);
    this.#take('rollout/parallel_fraction', blocks.length > 0);
    this.#take('block/per_answer', blocks.length);
    this.#take('rollout/self_parallelism', selfParallelism);
    this.#executed.push(blocks.map(({ position }) => position));
    const { parallelOpen } = this.#scene;
    if (parallelOpen !== null) {
      const positions = listTagPositions(trajectory, parallelOpen);
      this.#take('rollout/parallel_text_fraction', positions.length > 0);
      this.#inText.push(positions);
    }
    let main = 0;
    for (const segment of trajectory.segments) {
      const tokens = countGeneratedTokens(segment);
      if (segment.role === 'main') main += tokens;
      else if (isAwaited(segment)) this.#take(`block/${segment.role}_tokens`, tokens);
      for (const { origin, logprobs } of segment.pieces) {
        if (origin !== 'policy') continue;
        for (const logprob of logprobs ?? []) if (Number.isFinite(logprob)) this.#take('rollout/surprisal', -logprob);
      }
    }
    this.#take('rollout/main_tokens', main);
  }

  /** What effective parallelism says of each path and block. */
  #addPaths({ trajectory, problem, answer }: TalliedAnswer): void {
    const measured = measureTrajectory(trajectory, { problem, answer }, this.#scene.thresholds);
    this.#take('parallel/effective_fraction', measured.earning > 0);
    for (const paths of measured.blocks) {
      for (const [index, { units, distance, idle }] of paths.entries()) {
        this.#take('parallel/path_words', units);
        this.#take('parallel/idle_path_fraction', idle !== null);
        if (index > 0) this.#take('parallel/path_distance', distance);
      }
      if (paths.length === 0) continue;
      const values = new Set(paths.flatMap(({ value }) => value ?? []));
      this.#take('parallel/disagreement_fraction', values.size > 1);
      this.#take('parallel/redundant_block_fraction', paths.filter(({ idle }) => idle === null).length < 2);
    }
  }

  /** What the text of each block says. */
  #addBlocks({ trajectory, problem, answer }: TalliedAnswer): void {
    const asked = spell(problem);
    const wanted = answer === null ? '' : spell(answer);
    for (const { before, paths } of listBlockTexts(trajectory)) {
      this.#take('block/paths', paths.length);
      this.#take('parallel/path_similarity', measureSimilarity(paths));
      const texts = paths.map(spell);
      for (const [index, text] of texts.entries()) {
        if (index > 0) this.#take('parallel/duplicate_path_fraction', texts.indexOf(text) < index);
      }
      // An answer that stands in the problem would be known before anything was thought.
      if (wanted.trim() === '' || asked.includes(wanted)) continue;
      this.#take('block/answer_known_fraction', spell(before).includes(wanted));
    }
  }

  #take(key: string, value: number | boolean | null): void {
    if (value === null) return;
    const mean = this.#means.get(key) ?? { sum: 0, count: 0 };
    mean.sum += Number(value);
    mean.count += 1;
    this.#means.set(key, mean);
  }
}

/** The visible units of a text between spaces: whole words and numbers are found in it, and no parts of them. */
function spell(text: string): string {
  return ` ${listUnits(text).join(' ')} `;
}
