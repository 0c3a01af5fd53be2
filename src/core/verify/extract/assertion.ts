import { hasClass, toVocabulary } from '../read/word-classes.ts';
import { isAbbreviated } from './flat-lines.ts';

/** Whether the text around a statement asserts it: what its sentence says before it, and what follows it. */

/** Code units before a statement in which its sentence is looked for. */
const NEAR = 240;

/**
 * Whether the sentence that reaches "answer is" at a place asserts what follows. Only conclusions lead to it
 * ("so the", "we find that our final"); before a comma or a conjunction any clause may stand that supposes nothing, and
 * in other languages any words that doubt nothing.
 */
export function isAsserted(text: string, at: number, isEnglish: boolean): boolean {
  const before = text.slice(Math.max(0, at - NEAR), at).replace(END_OF_DISPLAY, '\n');
  const sentence = before.slice(findSentenceStart(before));
  const own = sentence.slice(findClauseStart(sentence));
  if (
    sentence
      .slice(0, sentence.length - own.length)
      .split(CLAUSE)
      .some(supposes)
  )
    return false;
  if (!isEnglish || NOT_ENGLISH.test(own)) return !own.split(/[\s*_]+/).some((word) => isDoubting(word));
  return own
    .split(/[\s*_#>"'(“‘-]+/)
    .every((word) => word === '' || LEAD_INS.has(word.toLowerCase()) || /^(?:\d{1,2}[.)]|[✅•])$/.test(word));
}

/** `\end{align*}The final answer`: a display is a paragraph of its own. */
const END_OF_DISPLAY = /\\(?:end\{[a-z]{1,12}\*?\}|\])(?=\s?[A-Z])/g;

/** Behind the last full stop or line break. */
export function findSentenceStart(before: string): number {
  let from = 0;
  for (const match of before.matchAll(
    /(?<![!?])(?:\.(?!\s(?:and|or|to)(?![A-Za-z]))|\?(?![$*_"')\]]{0,3}\s[a-z\d])|(?<=[A-Za-z\u0080-\uffff]{2})!)[$*_"')\]]{0,3}\s|(?<=[a-z\d$)\]}])\.(?=[A-Z][a-z]{1,12}\s)|[\n。！？]/g,
  ))
    if (!isAbbreviated(before, match.index)) from = match.index + match[0].length;
  return from;
}

/** Behind the last comma or conjunction. */
export function findClauseStart(sentence: string): number {
  let from = 0;
  for (const match of sentence.matchAll(CONJUNCTIONS)) from = match.index + match[0].length;
  return from;
}

const CLAUSE = /[,;:—–]/;
const CONJUNCTIONS =
  /[,;:—–，；：](?=[^\d])|(?<![A-Za-z])(?:and|so|thus|hence|therefore|(?<!(?:is|are|was|were|be) )then|because|meaning|means|implies)(?![A-Za-z])/gi;

/** Letters beyond those of English. */
const NOT_ENGLISH = /[\u00c0-\uffff]/;

function isDoubting(word: string): boolean {
  const known = toVocabulary(word);
  return hasClass(known, 'denial') || hasClass(known, 'condition') || hasClass(known, 'report');
}

/** Whether a clause opens a supposition or a case: "if x > 0", "for $n = 3$". */
function supposes(clause: string): boolean {
  const words = /^[\s*_#>]*([A-Za-z]{1,12})(\s{0,2}[$\\]|\s[a-z]\s)?/.exec(clause);
  if (words === null) return false;
  const word = words[1]!.toLowerCase();
  if (/^(?:for|with|at)$/.test(word)) return words[2] !== undefined;
  return SUPPOSITIONS.has(word) || (hasClass(word, 'condition') && !/^[\s*_#>]*when rounded/i.test(clause));
}

const SUPPOSITIONS: ReadonlySet<string> = new Set(
  'suppose supposing assume assuming imagine say were had should whether perhaps maybe possibly unless nobody'.split(
    ' ',
  ),
);

/** Words that lead to "answer" in a sentence that states it. */
const LEAD_INS: ReadonlySet<string> = new Set(
  (
    'the our my final correct best exact numerical numeric required desired wanted sought simplified complete overall total ' +
    'approximate right actual ultimate main resulting now finally thus therefore hence so then but and consequently ' +
    'accordingly again clearly in conclusion summary short fact all both case cases either ' +
    'i we can could must now this that it which us is are am me let have be ' +
    'conclude concludes concluded conclusion find found see seen get gets got know known obtain obtained determine determined ' +
    'deduce deduced infer confirm confirms confirmed verify verified state give gives given write show shows shown yields ' +
    'means implies follows turns out true clear evident sure certain confident ' +
    'think thinking believe about would say result a as step answer la le les el il die das o a'
  ).split(' '),
);

/** Whether what follows a statement takes it back: "Wait, that is wrong." */
export function isTakenBack(after: string): boolean {
  return (
    after.length > 2 &&
    (TURNS.test(after) || TURNS_ELSEWHERE.test(after) || TURNS_AT_ONCE.test(after) || DISOWNS.test(after))
  );
}

/** Words with which a sentence turns against what was said. */
const TURNS =
  /[,>]\s{0,3}i mean(?![A-Za-z])|(?:^|[.!?\n:;)\]}$*])[\s*_]{0,4}(?:but |oh,? )?(?:no[,.!]|nope|wait|hmm|oops|sorry|correction|scratch that|disregard|hold on|on second thought|on reflection|(?:on )?re-?checking|actually|edit|update|i mean|but (?:we|i) (?:forgot|missed|overlooked))(?![A-Za-z])/i;

/** A sentence in another language that turns against it. */
const TURNS_ELSEWHERE = /[\n。！.!][\s*]{0,4}(?:不对|不對|错了|錯了|等等|等一下|更正|修正|間違え|違います|틀렸|아니,)/;

/** What turns against it only right behind it. */
const TURNS_AT_ONCE = /^[\s$.,;)\]}*]{1,8}however(?![A-Za-z])/i;

/** Sentences that disown it. */
const DISOWNS =
  /(?<![A-Za-z])(?:(?:this|that|it|i|answer|result|above|value)(?:'s| is| was| am|'m| seems| cannot be| can't be| may be| might be)? (?:not (?:right|correct|sure|certain|true)|wrong|incorrect|mistaken|unsure|uncertain|false|invalid)|(?:isn't|wasn't) (?:right|correct)|(?:made|is|was) an? (?:mistake|error)|(?:the|our) (?:final|correct|actual|true|real) (?:value|number|count|total|result) (?:is|are|must|should)|(?:actual|true|real) answer (?:is|are|must|should))(?![A-Za-z])/i;

/** Whether the sentences behind a statement on its own line take it back; there single words are enough. */
export function isRetracted(rest: string): boolean {
  return rest !== '' && (RETRACTION.test(rest) || RETRACTION_ELSEWHERE.test(rest));
}

const RETRACTION =
  /(?<![A-Za-z])(?:no,|no\.|nope|wait|actually|oops|sorry|hmm|incorrect|wrong|mistaken?|unsure|uncertain|not sure|not certain|not right|not correct|correction|scratch that|disregard|false|invalid)(?![A-Za-z])/i;

/** The same in other languages. */
const RETRACTION_ELSEWHERE =
  /不对|不對|错了|錯了|不正确|不正確|有误|有誤|重[算新]|更正|修正|等等|間違|違います|틀렸|다시 계산|아니,|(?<![A-Za-zÀ-ÿ])(?:falsch|moment mal|faux|attendez|incorrecto|espera|sbagliato|aspetta|errado|неверно|неправильно|ошибка)(?![A-Za-zÀ-ÿ])/i;
