import { isAsserted } from './assertion.ts';

/** A marker of a statement, and where what it marks begins. */
export interface Label {
  /** `final`: "Final Answer:", `####`, `<answer>`. `line`: "Answer:" at the start of a line. `sentence`: "the answer is". */
  readonly rank: 'final' | 'line' | 'sentence';
  readonly at: number;
  readonly end: number;
  /** Whether its sentence leads to it as a conclusion does; a label at the start of a line needs no lead. */
  readonly isAsserted: boolean;
}

const FINAL_WORDS = [
  'final answer',
  'final result',
  'réponse finale',
  'respuesta final',
  'resposta final',
  'risposta finale',
  'endgültige antwort',
  'окончательный ответ',
  '最终答案',
  '最終答案',
];
const ANSWER_WORDS = [
  ...[
    'answer',
    'ans',
    'result',
    'réponse',
    'antwort',
    'lösung',
    'ergebnis',
    'respuesta',
    'resposta',
    'risposta',
    'ответ',
  ],
  ...['答案', '结果', '答え', '答', '정답', 'الإجابة', 'الجواب', 'उत्तर'],
];

/** Every word that may be a label, longest first; in ASCII alone those that are. */
const WORD = toPattern([...FINAL_WORDS, ...ANSWER_WORDS]);
const ASCII_WORD = toPattern([...FINAL_WORDS, ...ANSWER_WORDS].filter((word) => isAscii(word)));

function toPattern(words: readonly string[]): RegExp {
  return new RegExp(words.join('|'), 'gi');
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function patternFor(text: string): RegExp {
  return isAscii(text) ? ASCII_WORD : WORD;
}

const FINAL: ReadonlySet<string> = new Set(FINAL_WORDS);

/** What joins a label and its value, in several languages; words in letters end where their letters end. */
const COPULA =
  /^(?:(?:is|are|was|equals|est|sont|ist|lautet|es|é|è)(?![A-Za-zÀ-ɏ])|是|为|為|は|은|는|هي|هو|है)(?:[ \t]{1,3}(?:then|thus|therefore|simply)(?![a-z]))?[ \t]{0,3}[:：]?/iu;

/** What joins a final label, or a label at the start of a line, and its value. */
const SIGN = /^(?:】[ \t]{0,2}[:：]?|[:：=]|[-–](?=\s))[ \t*_]{0,8}/;

const MARKS = /^[\s*_#:：="【]*$/;

/** Only the last few labels of a kind matter. */
const MAX_LABELS = 64;

/** Whether a text may hold a label: false for nearly every bare answer. */
export function mayHoldLabel(text: string): boolean {
  if (text.includes('A') && /A[*_]{0,3}[ \t]{0,3}[:：]/.test(text)) return true;
  return text.length > 6 && (text.search(patternFor(text)) >= 0 || /####|<answer>/i.test(text));
}

/** All labels in order. Linear time: every pattern is bounded. */
export function findLabels(text: string): Label[] {
  const labels: Label[] = [];
  for (const match of text.matchAll(patternFor(text))) {
    const label = readLabel(text, match.index, match[0]);
    if (label !== null) labels.push(label);
  }
  if (text.includes('A')) labels.push(...findShortLabels(text));
  if (text.includes('####')) labels.push(...findGsm8kMarks(text));
  if (text.includes('<')) labels.push(...findAnswerTags(text));
  return labels.sort((a, b) => a.at - b.at).slice(-MAX_LABELS);
}

function readLabel(text: string, at: number, word: string): Label | null {
  const after = text[at + word.length] === 's' ? at + word.length + 1 : at + word.length;
  if (isLetter(text[at - 1]) || isLetter(text[after]) || text[at - 1] === '\\') return null;
  const end = skipMarks(text, after);
  const isFinal = FINAL.has(word.toLowerCase());
  const startsLine = isLineStart(text, at);
  const ahead = text.slice(end, end + 32);
  const sign = SIGN.exec(ahead);
  // "Explanation of the answer:" leads to an explanation.
  if (
    sign !== null &&
    !isFinal &&
    /(?<![A-Za-z])(?:of|to|for|about|behind) (?:the|this|my|our) $/i.test(text.slice(Math.max(0, at - 16), at))
  )
    return null;
  if (sign !== null && (isFinal || startsLine || sign[0].startsWith(':') || sign[0].startsWith('：')))
    return mark(text, word, isFinal ? 'final' : startsLine ? 'line' : 'sentence', at, end + sign[0].length);
  const copula = COPULA.exec(ahead);
  if (copula !== null) return mark(text, word, isFinal ? 'final' : 'sentence', at, end + copula[0].length);
  const rank = isFinal ? 'final' : 'line';
  if (startsLine && /^(?:\$|\\[[(]|\d)/.test(ahead)) return mark(text, word, rank, at, end);
  return /^\r?\n/.test(ahead) && (isFinal || startsLine) ? mark(text, word, rank, at, end) : null;
}

function mark(text: string, word: string, rank: Label['rank'], at: number, end: number): Label {
  return { rank, at, end, isAsserted: isLineStart(text, at) || isAsserted(text, at, ENGLISH.test(word)) };
}

const ENGLISH = /^(?:final )?(?:answer|ans|result)$/i;

/** A letter of a script that writes words apart. */
function isLetter(character: string | undefined): boolean {
  return character !== undefined && /[A-Za-zÀ-ɏЀ-ӿ]/.test(character);
}

/** Behind blanks and emphasis. */
function skipMarks(text: string, from: number): number {
  let end = from;
  while (end < from + 8 && ' \t*_'.includes(text[end] ?? 'x')) end += 1;
  return end;
}

/** Whether nothing but marks stands before it on its line; "The" and "My" do not count. */
function isLineStart(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 32), at);
  const lineBreak = before.lastIndexOf('\n');
  if (lineBreak < 0 && at > 32) return false;
  return MARKS.test(before.slice(lineBreak + 1).replace(/(?:the|my|our)[ \t]{1,3}$/i, ''));
}

/** `B:` at the start of a line: then `A:` is an option, too. */
const OTHER_OPTIONS = /\n[\s*_-]{0,6}[B-D][*_]{0,3}[ \t]{0,3}[:：]/;

/** `A: 8` at the start of a line. */
function findShortLabels(text: string): Label[] {
  const labels: Label[] = [];
  if (OTHER_OPTIONS.test(text)) return labels;
  for (const match of text.matchAll(/A[*_]{0,3}[ \t]{0,3}[:：][ \t*_]{0,4}/g))
    if (isLineStart(text, match.index))
      labels.push({ rank: 'line', at: match.index, end: match.index + match[0].length, isAsserted: true });
  return labels;
}

/** GSM8K's `#### 72`; a heading (`#### Step 1`) is none. */
function findGsm8kMarks(text: string): Label[] {
  const labels: Label[] = [];
  const lastLine = text.replace(/[\s*_-]{1,40}$/, '').lastIndexOf('\n');
  for (let at = text.indexOf('####'); at >= 0; at = text.indexOf('####', at + 4)) {
    if (text[at - 1] !== '#' && isGsm8kMark(text, at, at > lastLine))
      labels.push({ rank: 'final', at, end: at + 4, isAsserted: true });
  }
  return labels;
}

/** A value follows, or words on the last line of the text. */
function isGsm8kMark(text: string, at: number, isLast: boolean): boolean {
  const ahead = text.slice(at + 4, at + 12);
  if (/^[ \t]{0,3}(?!\d{1,2}[.)][ \t])[^\sA-Za-z\u0080-\uffff#*]/.test(ahead)) return true;
  return isLast && /^[ \t]{1,3}(?:[^\s#]|#\d)/.test(ahead);
}

function findAnswerTags(text: string): Label[] {
  const labels: Label[] = [];
  for (const match of text.matchAll(/<answer>/gi))
    labels.push({ rank: 'final', at: match.index, end: match.index + match[0].length, isAsserted: true });
  return labels;
}
