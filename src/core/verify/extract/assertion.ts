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
function findSentenceStart(before: string): number {
  let from = 0;
  for (const match of before.matchAll(
    /(?<![!?])(?:\.(?!\s(?:and|or|to)(?![A-Za-z]))|\?(?![$*_"')\]]{0,3}\s[a-z\d])|(?<=[A-Za-z\u0080-\uffff]{2})!)[$*_"')\]]{0,3}\s|[\n。！？]/g,
  ))
    if (!isAbbreviated(before, match.index)) from = match.index + match[0].length;
  return from;
}

/** Behind the last comma or conjunction. */
function findClauseStart(sentence: string): number {
  let from = 0;
  for (const match of sentence.matchAll(CONJUNCTIONS)) from = match.index + match[0].length;
  return from;
}

const CLAUSE = /[,;:—–]/;
const CONJUNCTIONS =
  /[,;:—–，；：](?=[^\d])|(?<![A-Za-z])(?:and|so|thus|hence|therefore|then|because|meaning|means|implies)(?![A-Za-z])/gi;

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

/**
 * Whether the sentence around a box leaves its content alone, which a box inside of it does not show: "it is at least",
 * "nobody knows whether it is" before it, "if n is even", "is wrong", a question mark behind it.
 */
export function isStatedBetween(text: string, after: string): boolean {
  const before = text.replace(/\\equiv(?![A-Za-z])/g, '=');
  const sentence = dropCommands(before.slice(findSentenceStart(before)));
  const clause = sentence.slice(findClauseStart(sentence));
  if (DOUBTS.test(clause) || DENIED_CLAUSE.test(clause) || IGNORANCE.test(sentence)) return false;
  // "x = 1/5, or 20 percent" says it twice; a box behind "we need at least" answers how many are needed at least.
  const from = findPhraseStart(sentence);
  if (DENYING_VERB.test(sentence.slice(from)) || DENIED_JOINT.test(sentence.slice(0, from))) return false;
  const phrase = sentence
    .slice(from)
    .replace(/[,，；;]$/.test(sentence.slice(0, from)) ? /^\s{0,3}or(?![A-Za-z])/ : /^$/, '')
    .replace(HOW_MANY.test(sentence) && !/answer/i.test(sentence) ? /at (?:least|most)[\s$]{0,4}$/ : /^$/, '');
  if (RANGE.test(sentence) || UNFINISHED_RANGE.test(sentence) || endsRangeOfValues(sentence)) return false;
  if (PART_OF.test(phrase) || isChanged(phrase)) return false;
  const end = SENTENCE_END.exec(after);
  const rest = dropCommands(end === null ? after : after.slice(0, end.index));
  if (end?.[0].startsWith('?')) return false;
  const reason = rest.search(REASONS);
  return !isDisclaimed(reason < 0 ? rest : rest.slice(0, reason));
}

/** "cannot be", "can't really be", "does not give" right before a value; "it doesn't rain is" denies another verb. */
const DENIED_JOINT =
  /(?<![A-Za-z])(?:(?:not|never|cannot|[a-z]{2,6}n['’]t)(?:\s{1,3}[a-z]{2,12}){0,3}\s{1,3}(?:be|been|equal|give|get|obtain|yield|find|become|have|simplify to|reduce to)|never\s{1,3}(?:is|are|was|were))$/i;

/**
 * Whether a phrase right before a value makes another one of it: a denial anywhere in it, a bound near the value. "up" alone and "more" without "than"
 * bound nothing, and a range has both of its ends.
 */
function isChanged(phrase: string): boolean {
  const words = phrase
    .replace(HARMLESS, ' ')
    .split(/[^A-Za-z'’]+/)
    .filter((word) => word !== '')
    .map(toVocabulary);
  return words.some(isDenied) || words.slice(-NEAR_WORDS).some(isBounding);
}

/** Words before a value that may bound it: "less than or equal to". */
const NEAR_WORDS = 6;
const HARMLESS =
  /(?<![A-Za-z])(?:up(?! to)|down|more(?! than)|between|other two|actually|(?:to|must|will|should|can) wait)(?![A-Za-z])/gi;

/**
 * Whether a sentence takes back what its box says. Behind a noun ("[4] girls not in the scout") it
 * goes on about what is counted, unless its verb denies or an "if" makes cases of it.
 */
function isDisclaimed(rest: string): boolean {
  const noun = NOUN.exec(rest);
  if (noun === null || FUNCTION_WORDS.has(noun[1]!.toLowerCase())) return DISCLAIMS.test(rest.replace(FINISHED, ''));
  const behind = rest.slice(noun[0].length);
  if (DISCREDITS.test(behind)) return true;
  const denial = DENYING_VERB.exec(behind);
  if (denial !== null) {
    // "but that does not fit" is about what was said; "who do not play" is not.
    const clause = behind.slice(0, denial.index).split(TURN).at(-1)!;
    if (clause.length < denial.index || !SUBORDINATE.test(clause)) return true;
  }
  return CASES.test(behind);
}

/** A word right behind a box. */
const NOUN =
  /^[\s$,;)}\]%]{0,6}(?:(?:more|other|different|additional|extra|real|integer|positive|whole|full)\s)?([A-Za-z]{3,20})/;

/** What may stand there and is no noun. */
const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  (
    'not never nor neither but yet and than then thus hence therefore because since where which who whom whose that this these those ' +
    'are was were been being does did done can cannot could would should might may must will shall has have had isn aren wasn doesn don won ' +
    'when whenever unless provided assuming otherwise else whether while until till though although however only just exactly also too ' +
    'with without for from into onto about around over under above below between among plus minus times divided multiplied squared cubed modulo mod ' +
    'wrong incorrect false invalid impossible maybe perhaps possibly probably unclear fails contradicts contradiction contradicting ' +
    'the you she they its it his her their our your'
  ).split(' '),
);

/** ", which cannot be simplified further": it is the end. */
const FINISHED = /,? which cannot be (?:simplified|reduced|factored)/;

/** Whatever it is said of, it is not so. */
const DISCREDITS =
  /(?<![A-Za-z])(?:wrong|incorrect|false|invalid|impossible|contradicts?|contradiction|contradicting|fails?|unclear|maybe|perhaps|possibly)(?![A-Za-z])|(?<![A-Za-z])(?:would|might|could)(?![A-Za-z])/i;

/** A verb that is denied: "are not", "doesn't", "cannot". */
const DENYING_VERB =
  /(?<![A-Za-z])(?:(?:is|are|was|were|be|do|does|did|has|have|had|will|would|can|could|should)\s{1,3}(?:not|never)|never|cannot|[a-z]{2,6}n['’]t)(?![A-Za-z])/i;

/** Where a sentence turns. */
const TURN = /(?<![A-Za-z])(?:but|yet|however|though|although)(?![A-Za-z])/i;

/** What opens a clause about something else. */
const SUBORDINATE =
  /(?<![A-Za-z])(?:who|that|which|whose|where|before|after|until|because|such that|for which|whom)(?![A-Za-z])/i;

/** Words that make cases. */
const CASES = /(?<![A-Za-z])(?:if|unless|provided|assuming)(?![A-Za-z])/i;

/** "She can have at most", "we need at least". */
const HOW_MANY = /[A-Za-z]{2}\s(?!(?:is|are|was|were|be|been|equals)\s)[A-Za-z]{2,20}\sat (?:least|most)[\s$]{0,4}$/;

/** Without commands, whose names are no words and whose commas join nothing. */
function dropCommands(text: string): string {
  return text.replace(/\\(?:[A-Za-z]+|[,;:! ])/g, ' ');
}

/** Behind the last word or sign that joins a subject and its value. */
function findPhraseStart(sentence: string): number {
  let from = 0;
  for (const match of sentence.matchAll(JOINTS)) from = match.index + match[0].length;
  return from;
}

const JOINTS =
  /[=:;,：，；](?!\d)|(?<![A-Za-z])(?:is|are|was|were|be|been|equals|gives?|giving|gets?|obtain|yields?|finds?|have|has|becomes|simplifies to|reduces to|(?:adds?|sums?|amounts?|comes?|came) up to|round(?:s|ed|ing)?(?: [^.;:]{1,40})?(?: up| down)? to|(?:ends?|ended|ending) up with|exceed(?:s|ed)? [^.;:]{1,80} by|so|thus|hence|therefore|then|that)(?![A-Za-z])/gi;

const isDenied = (word: string): boolean => hasClass(word, 'denial') && !SPENT.test(word);
const isBounding = (word: string): boolean => hasClass(word, 'bound') && !SPENT.test(word);

/** Bounds and turns that a subject may have without changing its value. */
const SPENT = /^(?:maximum|minimum|after|before|above|but|however|now)$/;

/** Words of a clause that supposes, reports or doubts what it says. */
const DOUBTS =
  /(?<![A-Za-z])(?:nobody|nothing|(?:not|never|cannot|[a-z]{2,6}n['’]t)\s{1,3}(?:think|believe|say|said|mean|means|agree|claim|expect|follow|imply|show|prove|suggest|see|tell|guarantee)|whether|if|unless|suppos(?:e|ing)|assum(?:e|ing)|answer would|might|maybe|perhaps|possibly|claim(?:s|ed)?|pretends?|imagine|hopes?|hypothetical|doubts?|unclear|unknown|undecided|unsure|untrue|wants me|wanted me|asks? me|told me)(?![A-Za-z])/i;

/** "It is not true that the answer is", "it can not be". */
const DENIED_CLAUSE =
  /(?<![A-Za-z])not\s{1,3}(?:be|true|the case|so|certain|clear|right|correct|sure|known)(?![A-Za-z])/i;

/** "between 3 and", "from x to" right before a value, and no verb in between. */
const RANGE =
  /(?<![A-Za-z])(?:between|from)(?![A-Za-z])(?:(?!(?<![A-Za-z])(?:is|are|was|were|so|thus|hence|then|gets?|gives?|have|has)(?![A-Za-z])).){0,160}(?<![A-Za-z])(?:and|to)[\s$(]{0,4}$/i;

/** "between 3, of which 2 is profit, and": whatever stands in it, this "and" is the first that "between" has. */
const UNFINISHED_RANGE =
  /(?<![A-Za-z])between(?![A-Za-z])(?:(?!(?<![A-Za-z])(?:and|to)(?![A-Za-z])).){0,160}(?<![A-Za-z])and[\s$(]{0,4}$/i;

/** "from 3, of which 2 is profit, to": this "to" is the first behind a value, and no verb takes it ("from $2x = 4$ we come to"). */
function endsRangeOfValues(sentence: string): boolean {
  const from = UNFINISHED_FROM.exec(sentence);
  return from !== null && !TAKES_TO.test(from[1]!);
}

const UNFINISHED_FROM =
  /(?<![A-Za-z])from[\s$(]{0,4}(?:(?:neg\.?|minus|negative|[-+−])\s?)?[\d#]((?:(?!(?<![A-Za-z])(?:from|to)(?![A-Za-z])).){0,160})(?<![A-Za-z])to[\s$(]{0,4}$/i;

const TAKES_TO =
  /(?:equals?|equivalent|equates?|simplif(?:ies|y|ied)|reduc(?:es|ed|e)|leads?|led|evaluates?|com(?:es?|ing)|came|amounts?|adds? up|sums? up|rounds?|rounded|converges?|tends?|corresponds?|gets?|got|go(?:es)?|back|down|up|due|according|changes?|attention) $/i;

/** Whoever says so states nothing in the rest of the sentence. */
const IGNORANCE =
  /(?<![A-Za-z])(?:(?:do not|don['’]t|cannot|can['’]t) (?:know|tell|decide|say)|no idea|unclear|undecided)(?![A-Za-z])/i;

/** "a third of", "the negative of" right before a value. */
const PART_OF =
  /(?<![A-Za-z])(?:half|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|twice|double|triple|square|cube|root|negative|opposite|reciprocal|inverse|percent|multiples?|factors?|divisors?) of(?: the)?[\s$(]{0,4}$/i;

const SENTENCE_END = /[.!?。！？](?=[\s$)\]*}]|\\[\])]|\\end\{|$)|\n/;

const REASONS = /(?<![A-Za-z])(?:because|since|as|where|which means|so|hence|therefore)(?![A-Za-z])/i;

/** What a sentence says behind a value that it does not state. */
const DISCLAIMS =
  /(?<![A-Za-z])(?:not|never|cannot|[a-z]{2,6}n['’]t|if|unless|provided|assuming|maybe|perhaps|possibly|would|might|wrong|incorrect|false|invalid|impossible|contradicts?|contradiction|contradicting|fails?|unclear)(?![A-Za-z])|^(?:[\s$,;)}%]|\\%|percent){0,6}(?:or|minus|plus|times(?=\s{1,3}[\d#$(\\]|\s{1,3}(?:the|a|an|its|that)\s)|divided|squared|cubed|when(?=\s[^.;]{0,80}(?:[=<>≤≥#]|(?:is|are) (?:even|odd|prime|positive|negative|zero))))(?![A-Za-z])/i;

/** Whether what follows a statement takes it back: "Wait, that is wrong." */
export function isTakenBack(after: string): boolean {
  return after.length > 2 && (TURNS.test(after) || DISOWNS.test(after));
}

/** Words with which a sentence turns against what was said. */
const TURNS =
  /(?:^|[.!?\n:;)\]}$*])[\s*_]{0,4}(?:but |oh,? )?(?:no[,.!]|nope|wait|hmm|oops|sorry|correction|scratch that|disregard|hold on|on second thought|actually[, ])(?![A-Za-z])/i;

/** Sentences that disown it. */
const DISOWNS =
  /(?<![A-Za-z])(?:(?:this|that|it|i|answer|result|above|value)(?:'s| is| was| am|'m| seems| cannot be| can't be| may be| might be)? (?:not (?:right|correct|sure|certain|true)|wrong|incorrect|mistaken|unsure|uncertain|false|invalid)|(?:isn't|wasn't) (?:right|correct)|(?:made|is|was) an? (?:mistake|error))(?![A-Za-z])/i;

/** Whether the sentences behind a statement on its own line take it back; there single words are enough. */
export function isRetracted(rest: string): boolean {
  return rest !== '' && RETRACTION.test(rest);
}

const RETRACTION =
  /(?<![A-Za-z])(?:no,|no\.|nope|wait|actually|oops|sorry|hmm|incorrect|wrong|mistaken?|unsure|uncertain|not sure|not certain|not right|not correct|correction|scratch that|disregard|false|invalid)(?![A-Za-z])/i;
