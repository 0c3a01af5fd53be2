import { LIMITS } from '../limits.ts';
import type { Policy } from '../policy.ts';
import { findBoxes, type MathSpan, type Span } from './boxes.ts';
import { findEnvironments } from './environments.ts';
import { isBoxSeparator, isFormulaSeparator, joinAround, joinSpans } from './join-neighbours.ts';
import { findLastNumber } from './numbers.ts';
import { isProse } from './prose.ts';
import { readFormula, readRegion, type ScannedText, stripEmphasis } from './read-region.ts';
import { findConclusionRegions, findLabelRegions, findSentenceRegions } from './regions.ts';

/** Where an answer was found. */
export type CandidateSource = 'whole' | 'label' | 'box' | 'sentence' | 'formula' | 'number';

/** A text that may be the answer. */
export interface Candidate {
  readonly source: CandidateSource;
  readonly text: string;
  /** The stretch it was read from: a whole sentence, where the answer is part of one. */
  readonly context: string;
  /** Where it begins in the text that was searched. */
  readonly at: number;
}

/**
 * The answers a text may hold, in the order of their rank (verification 2): the first one that can be
 * parsed is the answer, the others are never compared. A bare answer is taken whole.
 */
export function* listCandidates(fullText: string, policy: Policy): Generator<Candidate> {
  const text = cutAtChatToken(fullText.slice(-LIMITS.scanned));
  const boxes = findBoxes(text);
  const environments = findEnvironments(text);
  const scan: ScannedText = { text, boxes, environments };
  const sentences = findSentenceRegions(text, environments);
  if (boxes.length + environments.length + sentences.length === 0 && isBareAnswer(text)) {
    const bare = stripEmphasis(text);
    if (bare !== '') yield { source: 'whole', text: readFormula(bare) ?? bare, context: bare, at: 0 };
  }
  const labels = () => readRegions(scan, findLabelRegions(text, environments), 'label');
  if (policy.prefer === 'label') yield* labels();
  if (policy.prefer === 'last') yield* [...labels(), ...pickBox(scan, policy)].sort((a, b) => b.at - a.at);
  if (policy.prefer !== 'last') yield* pickBox(scan, policy);
  if (policy.prefer === 'box') yield* labels();
  yield* readRegions(scan, sentences, 'sentence');
  yield* readConclusion(scan);
  if (environments.length > 0) {
    const joined = joinAround(text, environments, environments.length - 1, isFormulaSeparator);
    yield { source: 'formula', text: joined.content, context: joined.content, at: joined.at };
  }
  const number = findLastNumber(text);
  if (number !== null) yield { source: 'number', text: number, context: number, at: 0 };
}

/** What follows the answer of a model that runs on into the next turn. */
function cutAtChatToken(text: string): string {
  for (const match of text.matchAll(/<\|[a-z_]{1,40}\|>/gi)) {
    if (text.slice(0, match.index).trim() !== '') return text.slice(0, match.index);
  }
  return text;
}

/** A text that is no running text and holds no label. */
function isBareAnswer(text: string): boolean {
  return text.length <= LIMITS.extracted && !/final answer/i.test(text) && !isProse(text);
}

function* readRegions(scan: ScannedText, regions: readonly Span[], source: CandidateSource): Generator<Candidate> {
  for (const region of regions.toReversed()) {
    const text = readRegion(scan, region);
    if (text !== null) yield { source, text, context: scan.text.slice(region.at, region.end), at: region.at };
  }
}

/** The last sentence that begins with "Therefore" and its like, unless a formula stands behind it; its words alone are no answer. */
function* readConclusion(scan: ScannedText): Generator<Candidate> {
  const region = findConclusionRegions(scan.text, scan.environments).at(-1);
  if (region === undefined || (scan.environments.at(-1)?.at ?? 0) >= region.end) return;
  const text = readRegion(scan, region);
  if (text === null || !/\d|\\/.test(text)) return;
  yield { source: 'sentence', text, context: scan.text.slice(region.at, region.end), at: region.at };
}

function* pickBox({ text, boxes }: ScannedText, policy: Policy): Generator<Candidate> {
  if (boxes.length === 0) return;
  const joined = joinBoxes(text, boxes, policy);
  yield { source: 'box', text: joined.content, context: joined.content, at: joined.at };
}

function joinBoxes(text: string, boxes: readonly MathSpan[], policy: Policy): MathSpan {
  if (policy.boxes === 'last') return joinSpans(text, boxes.slice(-1));
  if (policy.boxes === 'join-all') return joinSpans(text, boxes);
  return joinAround(text, boxes, boxes.length - 1, isBoxSeparator);
}
