import { startsNumber } from '../read/number-words.ts';
import { hasClass, toVocabulary } from '../read/word-classes.ts';
import { findClauseStart, findSentenceStart } from './assertion.ts';

/**
 * Whether the sentence around a box leaves its content alone, which a box inside of it does not show: "it is at least",
 * "nobody knows whether it is" before it, "if n is even", "is wrong", a question mark behind it.
 */
export function isStatedBetween(text: string, after: string): boolean {
  return isLedToPlainly(text) && isLeftAlone(after);
}

/** Whether what its sentence says before a box leads to its content and does nothing to it. */
function isLedToPlainly(text: string): boolean {
  if (!/[A-Za-z\d%:]/.test(text)) return true;
  const before = text.replace(/\\equiv(?![A-Za-z])/g, '=');
  const sentence = dropCommands(before.slice(findSentenceStart(before)));
  const clause = sentence.slice(findClauseStart(sentence));
  if (DOUBTS.test(clause) || DENIED_CLAUSE.test(clause) || IGNORANCE.test(sentence)) return false;
  if (isSaidInDoubt(clause) || INSTRUCTION.test(sentence)) return false;
  // "x = 1/5, or 20 percent" says it twice; a box behind "we need at least" answers how many are needed at least.
  const from = findPhraseStart(sentence);
  if (DENYING_VERB.test(sentence.slice(from)) || DENIED_JOINT.test(sentence.slice(0, from))) return false;
  if (FAR_FROM.test(sentence) || OPERATED.test(sentence) || isPartOf(sentence)) return false;
  const phrase = sentence
    .slice(from)
    .replace(/[,，；;]$/.test(sentence.slice(0, from)) ? /^\s{0,3}or(?![A-Za-z])/ : /^$/, '')
    .replace(HOW_MANY.test(sentence) && !/answer/i.test(sentence) ? /at (?:least|most)[\s$]{0,4}$/ : /^$/, '');
  if (RANGE.test(sentence) || UNFINISHED_RANGE.test(sentence) || endsRangeOfValues(sentence)) return false;
  return !isChanged(phrase);
}

/** Whether the rest of its sentence leaves it alone. */
function isLeftAlone(after: string): boolean {
  if (!/[A-Za-z?？]/.test(after)) return true;
  const end = SENTENCE_END.exec(after);
  const rest = dropCommands(end === null ? after : after.slice(0, end.index)).replace(OPPOSED, ' ');
  if (end?.[0].startsWith('?')) return false;
  const reason = rest.search(REASONS);
  return !isDisclaimed(reason < 0 ? rest : rest.slice(0, reason));
}

/** ", not 35": another value that it is opposed to. */
const OPPOSED =
  /^[\s$)}*]{0,4},?\s?\(?(?:and |but )?not (?:\$[^$]{1,40}\$|-?\d[\d.,/]{0,20}%?(?!\d))(?!\s?(?:but|or|to)(?![A-Za-z]))/i;

/**
 * Whether what a clause says stands in a clause of its own behind "that", and what leads to it denies or doubts: "it is false that", "we never showed
 * that". Behind a noun ("the numbers that are not prime") "that" opens a clause with its verb, and nothing is said there.
 */
function isSaidInDoubt(clause: string): boolean {
  for (const { index } of clause.matchAll(CONTENT_CLAUSE)) if (DENIES_CONTENT.test(clause.slice(0, index))) return true;
  return false;
}

/** The task quoted, a template, a name given: "put your answer in", "use the format", "for example,", "let x =". */
const INSTRUCTION =
  /(?<![A-Za-z])(?:(?:put|write|give|enclose|place|box|state|provide|report|return|present|express) (?:your|the) (?:\w+ ){0,2}(?:answer|result|solution)s? (?:in|within|inside|as|with|using|like|into)|(?:use|in|with) the (?:format|form|template)|for example|for instance|e\.g\.|such as|asks? (?:us |you )?to write|(?:given|told) that)[\s$,:"'“#=A-Za-z]{0,12}$|(?<![A-Za-z])(?:let|where|suppose|assume)\s[\s$#]{0,3}(?:[A-Za-z]\s?=?)?[\s$=#]{0,4}$/i;

const DENIES_CONTENT =
  /(?<![A-Za-z])(?:no|not|never|cannot|[a-z]{2,6}n['’]t|nobody|nothing|none|hardly|false|wrong|untrue|incorrect|impossible|unlikely|unclear|unsure|doubt(?:s|ed|ful)?|mistake|mistaken(?:ly)?|contrary|assum(?:e|es|ed|ing)|suppos(?:e|es|ed|ing)|imagine|pretend|claim(?:s|ed)?|guess|hopes?|wish|den(?:y|ies|ied)|disproves?d?|rejects?|refutes?|refused?|who says|(?:could|might|would|may) (?:say|think|claim|argue|believe))(?![A-Za-z])/i;

const CONTENT_CLAUSE =
  /(?<![A-Za-z])that\s{1,3}(?=(?:the|a|an|this|it|there|he|she|they|we|you|i|each|every|both|all|exactly|her|his|its|their|our|my|[A-Z][a-z]{1,20})\s|[#$\d])/g;

/** "cannot be", "can't really be", "failed to get" right before a value; "it doesn't rain is" denies another verb. */
const DENIED_JOINT =
  /(?<![A-Za-z])(?:(?:not|never|cannot|[a-z]{2,6}n['’]t|refuse[sd]?|fail(?:s|ed)?|unable|hardly|rarely|seldom|neither|nor)(?:\s{1,3}[a-z]{2,12}){0,3}\s{1,3}(?:be|been|equal|give|get|obtain|yield|find|become|have|simplify to|reduce to)|never\s{1,3}(?:is|are|was|were|has|had|gives|gets))$/i;

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

/** "all but", "far from", "as many as" right before a value. */
const FAR_FROM =
  /(?<![A-Za-z])(?:all but|far from|short of|as (?:many|much|few|little) as|(?:different|differs?|away|apart) from)[\s$(]{0,4}$/i;

/** Words before a value that may bound it: "less than or equal to". */
const NEAR_WORDS = 6;
const HARMLESS =
  /(?<![A-Za-z])(?:up(?! to)|down|more(?! than)|between|other two|actually|(?:to|must|will|should|can) wait)(?![A-Za-z])/gi;

/**
 * Whether a sentence takes back what its box says. Behind a noun ("[4] girls not in the scout") it
 * goes on about what is counted, unless its verb denies or an "if" makes cases of it.
 */
function isDisclaimed(rest: string): boolean {
  if (DISOWNED.test(rest) || REPLACED.test(rest) || GOES_ON.test(rest) || isChangedBehind(rest)) return true;
  const noun = NOUN.exec(rest);
  if (noun === null || FUNCTION_WORDS.has(noun[1]!.toLowerCase())) return DISCLAIMS.test(rest.replace(FINISHED, ''));
  // "[9] totals that he could score": about what is counted.
  const behind = rest.slice(noun[0].length).replace(RELATIVE_MODAL, ' ');
  if (DISCREDITS.test(behind)) return true;
  const denial = DENYING_VERB.exec(behind);
  if (denial !== null) {
    // "but that does not fit" is about what was said; "who do not play" is not.
    const clause = behind.slice(0, denial.index).split(TURN).at(-1)!;
    if (clause.length < denial.index || !SUBORDINATE.test(clause)) return true;
  }
  return CASES.test(behind);
}

/** ", which cannot be right", "is not the answer", "or so it seems". */
const DISOWNED =
  /(?<![A-Za-z])(?:not|never|cannot|[a-z]{2,6}n['’]t)\s{1,3}(?:(?:be|been|quite|really)\s{1,3})?(?:right|true|correct|so|the answer|the case|quite)(?![A-Za-z])|,\s{0,3}which\s{1,3}(?!cannot be (?:simplified|reduced|factored))(?:(?:is|are|was|were|does|do|can|could|will)\s{1,3}not|cannot|[a-z]{2,6}n['’]t)(?!\s{1,3}(?:include|count))|(?:is|are|was|were|be|seems?)\s{1,3}(?:far |much |way )?too(?![A-Za-z])|,\s{0,3}or\s{1,3}(?:so|maybe|perhaps|possibly)(?![A-Za-z])|(?<![A-Za-z])(?:I guess|contrary to|and then some|mistaken)(?![A-Za-z])/i;

/** "is rejected", "should be 8", "must be increased", "is only the first part": what is said of the box itself. */
const REPLACED =
  /^[\s$,;)}\]*]{0,6}(?:(?:should|must|ought to|has to|have to|needs? to|will|can|could|may|might)\s{1,3}(?:then\s|still\s|also\s)?(?:be|get)|(?:is|was|are|were|gets?|got))\s{1,3}(?:then\s|now\s|therefore\s|to be\s|still\s)?(?:(?:reject|replac|exclud|extraneous|discard|eliminat|remov|ruled|dropp|omitt|ignor|invalid|inadmissible|spurious|increas|decreas|doubl|halv|adjust|correct(?=ed)|chang|rounded|multipli|divid|added|subtract|struck|crossed|only (?:the|a|an|one|part|half|our)|(?:an?|the|my|our) (?:upper|lower|rough|crude|wrong|naive|trap|first|initial|original) (?:bound|estimate|choice|guess|answer|thought|attempt|approximation)))|^[\s$,;)}\]*]{0,6}(?:(?:should|ought to) (?:be|have been)|must be (?=[\d$\\-]))/i;

/** ", and then have to add 1": a calculation goes on. */
const GOES_ON =
  /(?<![A-Za-z])(?:(?:and|but|,) then|we|i|you)\s{1,3}(?:(?:we|i|you|also|still|then)\s{1,3}){0,2}(?:(?:must|have to|need to|has to)\s{1,3})?(?:add|subtract|multiply|divide|double|halve|round|adjust|correct|remove|take away)(?![A-Za-z])/i;

/** Whether a noun phrase goes on with what makes another amount of it: "[5] pages or more", "[5] ways plus one"; "[5] sets of 3 or more" does not. */
function isChangedBehind(rest: string): boolean {
  const match = AMOUNT_CHANGED.exec(rest);
  if (match === null) return false;
  const between = rest.slice(0, match.index).replace(/^[\s$,;)}\]]{1,6}/, '');
  return !/[\d$\\]/.test(between) && !between.split(/[^A-Za-z]+/).some((word) => startsNumber(word.toLowerCase()));
}

const AMOUNT_CHANGED =
  /(?<![A-Za-z])(?:or\s{1,3}(?:so|even|more|fewer|less)|at\s{1,3}(?:the very )?(?:least|most)(?=[\s$)]{0,3}(?:[,.;:!]|$))|and\s{1,3}(?:(?:an?|one)\s{1,3}(?:half|third|quarter)|one more|up(?=[\s$)]{0,3}(?:[,.;:!]|$))|counting|rising)|at (?:a )?(?:minimum|maximum)|give or take|(?:plus|minus)(?=\s{1,3}(?:[\d$\\]|an?\s|one|two|three|four|five|six|seven|eight|nine|ten|some|another|that)))(?![A-Za-z])/i;

const RELATIVE_MODAL =
  /(?<![A-Za-z])(?:that|who|which|he|she|it|they|you|we|one|I|[A-Z][a-z]{1,12})\s(?:would|might|could)(?![A-Za-z])/g;

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
    'hopefully ish the you she they its it his her their our your'
  ).split(' '),
);

/** ", which cannot be simplified further": it is the end. */
const FINISHED = /,? which cannot be (?:simplified|reduced|factored)/;

/** Whatever it is said of, it is not so. */
const DISCREDITS =
  /(?<![A-Za-z])(?:wrong|incorrect|false|invalid|impossible|absurd|nonsense|contradicts?|contradiction|contradicting|fails?|overcounts?|undercounts?|unclear|maybe|perhaps|possibly)(?![A-Za-z])|(?<![A-Za-z])(?:would|might|could)(?![A-Za-z])/i;

/** A verb that is denied: "are not", "doesn't", "cannot". */
const DENYING_VERB =
  /(?<![A-Za-z])(?:(?:is|are|was|were|be|do|does|did|has|have|had|will|would|can|could|should)\s{1,3}(?:not|never)|never|cannot|[a-z]{2,6}n['’]t)(?![A-Za-z])/i;

/** Where a sentence turns. */
const TURN = /(?<![A-Za-z])(?:but|yet|however|though|although)(?![A-Za-z])/i;

/** What opens a clause about something else. */
const SUBORDINATE =
  /(?<![A-Za-z])(?:who|that|which|whose|where|before|after|until|because|such that|for which|whom)(?![A-Za-z])/i;

/** Words that make cases. */
const CASES =
  /(?<![A-Za-z])(?:if|unless|otherwise|provided|assuming|in the (?:worst|best) case|for (?:(?:all |every |any |an )?(?:odd|even|prime) [A-Za-z$]|\$?[A-Za-z]\$? (?:is )?(?:odd|even|prime|composite|positive|negative)))(?![A-Za-z]{2})/i;

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
  /[=:;,：，；](?!\d)|(?<![A-Za-z])(?:is|are|was|were|be|been|equals|gives?|giving|gets?|obtain|yields?|finds?|(?:have|has)(?! to(?![A-Za-z]))|becomes|simplifies to|reduces to|(?:adds?|sums?|amounts?|comes?|came) up to|round(?:s|ed|ing)?(?: [^.;:]{1,40})?(?: up| down)? to|(?:ends?|ended|ending) up with|exceed(?:s|ed)? [^.;:]{1,80} by|so|thus|hence|therefore|then|that)(?![A-Za-z])/gi;

const isDenied = (word: string): boolean => hasClass(word, 'denial') && !SPENT.test(word);
const isBounding = (word: string): boolean => hasClass(word, 'bound') && !SPENT.test(word);

/** Bounds and turns that a subject may have without changing its value. */
const SPENT = /^(?:maximum|minimum|after|before|above|but|however|now)$/;

/** Words of a clause that supposes, reports or doubts what it says. */
const DOUBTS =
  /(?<![A-Za-z])(?:nobody|nothing|(?:not|never|cannot|[a-z]{2,6}n['’]t)\s{1,3}(?:think|believe|say|said|mean|means|agree|claim|expect|follow|imply|show|prove|suggest|see|tell|guarantee)|whether|if|unless|suppos(?:e|ing)|assum(?:e|ing)|answer would|might|maybe|perhaps|possibly|claim(?:s|ed)?|pretends?|imagine|hopes?|hypothetical|doubts?|unclear|unknown|undecided|unsure|untrue|wants me|wanted me|asks? me|told me|tempted|(?:wrong|trap|naive|tempting|common|previous) (?:answer|guess|approach|attempt|mistake)|students? (?:wrote|said|says?|answered|got|chose|picked)|estimate would|should have been)(?![A-Za-z])/i;

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

/**
 * Whether "of" before a value leads to a part or a property of it ("half of", "the cube of", "3 of", "the absolute value of"). Only nouns that name
 * what has the value, or what is counted, leave it alone.
 */
function isPartOf(sentence: string): boolean {
  const of = /(?<![A-Za-z])of(?: the)?[\s$(]{0,4}$/i.exec(sentence);
  if (of === null) return false;
  const words = sentence.slice(0, of.index).match(/[A-Za-z'’]+|\d+|#/g) ?? [];
  const noun = words.at(-1)?.toLowerCase() ?? '';
  if (OF_PARTS.test(noun)) return true;
  // "a refund of", "a package of": any noun with an amount.
  const hasArticle = words.slice(-5, -1).some((word) => /^an?$/i.test(word));
  return !(hasArticle || OF_VALUES.has(noun)) || /^(?:absolute|reciprocal|half|other)$/i.test(words.at(-2) ?? '');
}

/** Nouns behind which "of" leads to what they are a part or a function of. */
const OF_PARTS =
  /^(?:half|halves|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|percent|multiples?|factors?|divisors?|powers?|cubes?|squares?|roots?|factorial|digits|reciprocal|inverse|opposite|negative|negation|successor|predecessor|out|\d+|#)$/;

const OF_VALUES: ReadonlySet<string> = new Set(
  (
    'total sum product answer answers result ratio profit amount value values distance area cost price weight length speed rate age average mean median change ' +
    'income number score probability chance maximum minimum max min volume perimeter circumference height width depth angle measure remainder difference ' +
    'quotient solution solutions loss tip tax discount salary wage time period radius diameter fee bill increase decrease percentage fraction grade temperature slope ' +
    'capacity mass density balance budget salary savings interest payment quantity count size set group team committee row list pair ' +
    'consist consists consisted consisting made up composed output return degree order distance displacement velocity force power energy yield coefficient term ' +
    'one end beginning start course coordinate coordinates intercept digit total possibilities ways minute hours days sequence family interval range domain point coordinates vector matrix form'
  ).split(' '),
);

/** "3:", "1 in", "half", "two to the", "divide by" right before a value. */
const OPERATED =
  /(?:[\d#]\s?:|(?<![A-Za-z])(?:(?:\d|one|two|three|four|five|ten)\s{1,3}(?:in|out of|to)|half|twice|double|triple|thrice|quarter|to the power(?: of)?|(?:\d|two|three|four|five|ten) to the|(?:divid|multipl)(?:e|y|ed|ied|ing|ying) by|off (?:by|from)|(?:next|previous) [a-z]{3,12} (?:after|before)|(?:right|just|immediately) (?:after|before)|percent|replace|rule[sd]? out|eliminate[sd]?|drop(?:ped)?|(?:any|every) [a-z]{3,12} but))[\s$(]{0,4}$/i;

const SENTENCE_END = /[.!?。！？](?=[\s$)\]*}]|\\[\])]|\\end\{|$)|\n/;

const REASONS = /(?<![A-Za-z])(?:because|since|as|where|which means|(?<!or )so|hence|therefore)(?![A-Za-z])/i;

/** What a sentence says behind a value that it does not state. */
const DISCLAIMS =
  /^[\s$]{0,3}(?:-?ish(?![a-z])|\(guess)|in the (?:worst|best) case|(?<![A-Za-z])(?:not|never|cannot|[a-z]{2,6}n['’]t|if|unless|otherwise|provided|assuming|maybe|perhaps|possibly|hopefully|would|might|wrong|incorrect|false|invalid|impossible|absurd|nonsense|contradicts?|contradiction|contradicting|fails?|overcounts?|undercounts?|unclear)(?![A-Za-z])|^(?:[\s$,;)}%]|\\%|percent){0,6}(?:or|minus|plus|times(?=\s{1,3}[\d#$(\\]|\s{1,3}(?:the|a|an|its|that)\s)|divided|squared|cubed|when(?=\s[^.;]{0,80}(?:[=<>≤≥#]|(?:is|are) (?:even|odd|prime|positive|negative|zero))))(?![A-Za-z])/i;
