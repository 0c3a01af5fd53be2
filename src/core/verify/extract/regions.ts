import type { MathSpan, Span } from './boxes.ts';

/** Markers of the answer line: with a colon, "is", or alone on their line. All repetitions are bounded. */
const LABEL =
  /final answer[ \t]{0,3}[*_]{0,3}[ \t]{0,3}(?:[:：=]|is(?![A-Za-z])|(?=[*_]{0,3}[ \t]{0,3}(?:\r?\n|$)))[ \t]{0,3}:?[*_]{0,3}/gi;

/** Markers of answer sentences in several languages. */
const SENTENCE =
  /(?:(?<![A-Za-z])(?:answer|result|réponse|antwort|lösung|ergebnis|respuesta|resposta|risposta)s?[ \t]{0,3}(?:(?:is|are|was|equals|est|ist|lautet|es|é|è)(?![A-Za-z])[ \t]{0,3}:?|[:：=])|(?:答案|结果|答え|정답|الإجابة|الجواب|उत्तर)(?:是|为|為|は|은|는|هي|هو|है)?[ \t]{0,3}[:：]?)[*_]{0,3}/giu;

/** "The answer is not 5", "the answer is correct" state no answer. */
const NO_ANSWER = /^[\s*_]{0,4}(?:not|incorrect|correct|wrong|right|unknown|unclear)(?![A-Za-z])/i;

/** Stretches that follow the `Final Answer` labels, in order. */
export function findLabelRegions(text: string, math: readonly MathSpan[]): Span[] {
  return findRegions(text, LABEL, math);
}

/** Stretches that follow answer sentences, in order. */
export function findSentenceRegions(text: string, math: readonly MathSpan[]): Span[] {
  return findRegions(text, SENTENCE, math);
}

const CONCLUSION =
  /(?<![A-Za-z])(?:Therefore|Thus|Hence|So|Consequently|Donc|Entonces)(?![A-Za-z]),?|(?:所以|因此|故),?/g;

/** Sentences that draw a conclusion, in order. */
export function findConclusionRegions(text: string, math: readonly MathSpan[]): Span[] {
  return findRegions(text, CONCLUSION, math);
}

/** Only the last few markers matter: earlier ones are looked at when those behind them are empty. */
const MAX_REGIONS = 8;

function findRegions(text: string, pattern: RegExp, math: readonly MathSpan[]): Span[] {
  const starts: number[] = [];
  for (const match of text.matchAll(pattern)) {
    const from = match.index + match[0].length;
    if (!NO_ANSWER.test(text.slice(from, from + 24))) starts.push(from);
  }
  return starts.slice(-MAX_REGIONS).map((from) => ({ at: from, end: findRegionEnd(text, from, math) }));
}

/**
 * End of the sentence or line that begins at `from`; when the line is blank, of the next one that is
 * not. Formulas are passed over as wholes.
 */
function findRegionEnd(text: string, from: number, math: readonly MathSpan[]): number {
  let next = findFirst(math, from);
  let hasContent = false;
  for (let at = from; at < text.length; at += 1) {
    while (next < math.length && math[next]!.at < at) next += 1;
    const span = math[next];
    if (span !== undefined && span.at === at) {
      at = span.end - 1;
      hasContent = true;
      continue;
    }
    const char = text[at]!;
    if (char === '\n' && hasContent) return at;
    if (hasContent && isSentenceEnd(text, at)) return at;
    if (!/[\s*_#:=>]/.test(char)) hasContent = true;
  }
  return text.length;
}

function findFirst(math: readonly MathSpan[], from: number): number {
  let [low, high] = [0, math.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (math[middle]!.at < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isSentenceEnd(text: string, at: number): boolean {
  const char = text[at]!;
  if (char === '。' || char === '！' || char === '？' || char === '।') return true;
  if (char !== '.' && char !== '?') return false;
  return /^[*_"')\]]{0,3}(?:\s{1,3}[^\s\p{Ll}]|\s*$)/u.test(text.slice(at + 1, at + 8));
}
