import { isRetracted, isTakenBack } from './assertion.ts';
import { hasValue } from './box-context.ts';
import { flattenFormulas, splitSentences, stripLineMarks } from './flat-lines.ts';
import { findFormulas } from './formulas.ts';

/**
 * What a text does to the statement that stands before it. Its sentences are heard one after another, and the last word
 * counts: whoever doubts and then finds the same value again has doubted for nothing, whoever concludes another value has
 * taken the first one back, in whatever words.
 */

/** What one sentence behind a statement says of it. */
export type Remark =
  /** It disowns the statement, whatever its value is. */
  | { readonly kind: 'denial' }
  /** It turns against the statement and says nothing yet: "Wait, let me check." */
  | { readonly kind: 'doubt' }
  /** It confirms what was said: "Yes, that is right." */
  | { readonly kind: 'approval' }
  /** It says that these values are none: "so 24 is not the answer". */
  | { readonly kind: 'rejection'; readonly values: readonly string[] }
  | Claim
  /** A calculation, which confirms the statement where it comes to the same. */
  | { readonly kind: 'calculation'; readonly readings: readonly string[] };

/** It states a value of its own. */
export interface Claim {
  readonly kind: 'claim';
  /** Ways to read it: the first one that can be compared counts. */
  readonly readings: readonly string[];
  /** Readings that may be part of something else: one of another value speaks against the statement, none for it. */
  readonly others: readonly string[];
  /** The last values in it. */
  readonly values: readonly string[];
  /** What is not the value of the statement takes it back, readable or not. */
  readonly isDecisive?: boolean;
}

/** Code units behind a statement that are heard sentence by sentence. */
const HEARD = 4_000;
/** Claims that are told, and as many calculations: the last ones, for each has to be read. What takes a statement back is told however early it comes. */
const MAX_READ = 12;

/**
 * The remarks of a text on the statement before it, in order. It begins within the sentence of the statement,
 * whose rest belongs to it and claims nothing, on its line, or below it. `states`: whether a text names what a statement may say.
 */
export function listRemarks(
  after: string,
  where: 'sentence' | 'line' | 'below',
  states: (text: string) => boolean = hasValue,
): Remark[] {
  if (!/[^\s.$*_`)\]}>,;:-]/.test(after)) return [];
  const whole = after.replace(DRAWINGS, ' ');
  const heard = whole.slice(0, HEARD);
  const sentences = flattenFormulas(heard, findFormulas(heard))
    .split('\n')
    .flatMap((line, k) =>
      splitSentences(stripLineMarks(line).replace(LIST_NUMBER, '')).map((text, at) => ({
        text,
        isOwn: k === 0 && at === 0,
      })),
    );
  const startsNew = SENTENCE_END.test(heard);
  const remarks: Remark[] = [];
  let isChecking = false;
  let isAside = false;
  let isAnswering = false;
  let isExplaining = false;
  for (const [k, { text, isOwn }] of sentences.entries()) {
    const isOnLine = where === 'line';
    const bare = text.replace(/^\\end\{[a-z]{1,12}\*?\}|\*\*|`/g, '').trim();
    if (bare === '') continue;
    const isRest = where === 'sentence' && isOwn && !startsNew && !(/^[,;]/.test(bare) && ASKED.test(bare));
    isAside ||= !isRest && ASIDES.test(bare);
    isChecking = CHECKS.test(bare) || (isChecking && !CONCLUDES.test(bare));
    isExplaining ||= EXPLAINS.test(bare);
    const isUnderWay = isExplaining && k < sentences.length - 1;
    remarks.push(...hear(bare, text, { isRest, isChecking, isAside, isAnswering, isUnderWay, isOnLine }, states));
    isAnswering ||= ASKS.test(bare);
  }
  // What nobody heard sentence by sentence may still take it back.
  if (whole.length > HEARD && isTakenBack(whole.slice(HEARD))) remarks.push({ kind: 'doubt' });
  return keepLast(keepLast(remarks, 'claim'), 'calculation');
}

/** Without all but the last remarks of a kind. */
function keepLast(remarks: readonly Remark[], kind: Remark['kind']): Remark[] {
  let left = remarks.filter((one) => one.kind === kind).length;
  return remarks.filter((one) => one.kind !== kind || left-- <= MAX_READ);
}

/** `1. ` before what an item says. */
const LIST_NUMBER = /^\d{1,3}[.)]\s{1,3}(?=\S)/;

/** The sentence of the statement ends with it, or ended before. */
const SENTENCE_END = /^[\s$)}\]*_"']{0,6}[.!?。！？](?:\s|$)|^\s{1,6}\(?[A-Z][a-z]/;

/** Where a sentence stands. */
interface Place {
  /** In the sentence of the statement, behind it. */
  readonly isRest: boolean;
  /** In a check of the statement. */
  readonly isChecking: boolean;
  /** Behind a turn to another way, a proof or a remark. */
  readonly isAside: boolean;
  /** Behind "the question asks". */
  readonly isAnswering: boolean;
  /** Within an explanation, before its last sentence. */
  readonly isUnderWay: boolean;
  /** On the line of the statement. */
  readonly isOnLine: boolean;
}

/** What a sentence says of the statement, then the value it states itself. `written`: with its emphasis, which marks a value and no word of a denial. */
function hear(text: string, written: string, place: Place, states: (text: string) => boolean): Remark[] {
  if (NO_SOLUTION.test(text) && !place.isRest)
    return [{ kind: 'claim', readings: ['no solution'], others: [], values: [], isDecisive: true }];
  const judged = judge(text, written, place);
  const isRejecting = REJECTS.test(text) && !place.isAside;
  const stated = isRejecting || place.isRest || CONDITIONAL.test(text) || !states(text) ? null : readValue(text, place);
  return [judged, stated].filter((one) => one !== null);
}

function judge(text: string, written: string, { isRest, isAside, isOnLine }: Place): Remark | null {
  if (DENIES.test(written) || DENIES_ELSEWHERE.test(text)) return { kind: 'denial' };
  if (REJECTS.test(text) && !isAside)
    return POINTS_BACK.test(text) ? { kind: 'denial' } : { kind: 'rejection', values: listValues(text) };
  const opposed = OPPOSED.exec(text)?.[1];
  if (opposed !== undefined) return { kind: 'rejection', values: [opposed] };
  if (!isRest && !(isAside && /^however/i.test(text)) && isTurn(text, isOnLine)) return { kind: 'doubt' };
  return APPROVES.test(text) && !NEGATES.test(text) ? { kind: 'approval' } : null;
}

function readValue(text: string, { isChecking, isAside, isAnswering, isUnderWay }: Place): Remark | null {
  if (TELLS_HOW.test(text)) return null;
  const isAsked = ASKED.test(text) && !CHECKS.test(text);
  const isModified = MODIFIES.test(text) && !isChecking && (!isAside || OBLIGES.test(text));
  const isConcluded =
    !isAside &&
    !isUnderWay &&
    (isAnswering || ADDS.test(text) || CONCLUDES.test(text) || (isBare(text) && !isChecking));
  const readings = listReadings(text, isAsked || isModified);
  if (isAsked || isConcluded || isModified)
    return { kind: 'claim', ...readings, isDecisive: isAnswering || DECISIVE.test(text) };
  return text.includes('=') ? { kind: 'calculation', readings: readings.readings } : null;
}

/** `overruled`: another value was stated; `denied`: it was taken back. */
type Standing = 'stands' | 'doubted' | 'overruled' | 'denied';

/**
 * Whether a statement stands behind these remarks. `isSame` tells whether a text states the same value; null where the two cannot be
 * compared. The last value counts; a statement that was denied comes back by being said again as a whole, and by nothing less.
 */
export function standsBehind(remarks: readonly Remark[], isSame: (text: string) => boolean | null): boolean {
  let standing: Standing = 'stands';
  for (const remark of remarks) standing = next(remark, standing, isSame);
  return standing === 'stands';
}

function next(remark: Remark, standing: Standing, isSame: (text: string) => boolean | null): Standing {
  switch (remark.kind) {
    case 'denial':
      return 'denied';
    case 'doubt':
      return standing === 'stands' ? 'doubted' : standing;
    case 'approval':
      return standing === 'doubted' ? 'stands' : standing;
    case 'rejection':
      return remark.values.some((value) => isSame(value) === true) ? 'denied' : standing;
    case 'calculation':
      return standing === 'doubted' && compareAll(remark.readings, isSame) === true ? 'stands' : standing;
    case 'claim':
      return hearClaim(remark, standing, isSame);
  }
}

function hearClaim(claim: Claim, standing: Standing, isSame: (text: string) => boolean | null): Standing {
  const whole = isSame(claim.readings[0]!);
  if (whole === true) return 'stands';
  if (whole === false || claim.isDecisive === true) return standing === 'denied' ? 'denied' : 'overruled';
  if (standing === 'denied') return 'denied';
  const part = compareAll(claim.readings.slice(1), isSame);
  if (part === true) return 'stands';
  // "Therefore the discount is 7 and the price is 9", "so 7 tiles are needed".
  const isAmong = claim.values.some((value) => isSame(value) === true);
  if ((part === false && !isAmong) || compareAll(claim.others, isSame) === false) return 'overruled';
  return isAmong && claim.values.length === 1 ? 'stands' : standing;
}

function compareAll(texts: readonly string[], isSame: (text: string) => boolean | null): boolean | null {
  return texts.map(isSame).find((one) => one !== null) ?? null;
}

/** On the line of the statement single words are enough. "Actually, this is well known" turns against nothing. */
function isTurn(text: string, isOnLine: boolean): boolean {
  if (isOnLine && isRetracted(text)) return true;
  return DOUBTS.test(text) && (!WEAK.test(text) || hasValue(text) || NEGATES.test(text) || OBLIGES.test(text));
}

/** The sentence, what stands behind its last joint, and of one that surely states something the last value in it. */
function listReadings(text: string, isSure: boolean): Pick<Claim, 'readings' | 'others' | 'values'> {
  const isPlain = isSure || !RELATIVE.test(text);
  const [joined, led] = isPlain ? [JOINED.exec(text)?.[1], LED.exec(text)?.[1]] : [];
  const values = listValues(text);
  const isThere = (one: string | undefined): one is string => one !== undefined;
  return {
    readings: [dropLead(text), joined].filter(isThere),
    others: [led, isSure ? values.at(-1) : undefined].filter(isThere),
    values,
  };
}

/** The last values of a sentence. */
function listValues(text: string): string[] {
  return [...text.matchAll(VALUES)].map(([value]) => value).slice(-MAX_VALUES);
}

/** Values of a sentence that are looked at. */
const MAX_VALUES = 6;

/** Without the words with which it concludes. */
function dropLead(text: string): string {
  const lead = CONCLUDES.exec(text);
  const rest = lead?.index === 0 ? text.slice(lead[0].length).replace(/^[,\s]{1,3}/, '') : text;
  return rest.replace(/ it is[.!]?$/, '');
}

/** Nothing but a value, with a unit at most, or an option. */
const isBare = (text: string): boolean =>
  /^\(?[A-J]\)?[.]?$/.test(text) ||
  (/\d/.test(text) &&
    /^[\s(]{0,3}(?:\\?\$)?[-−]?(?:\d|\$|\\)[^=]{0,60}$/.test(text) &&
    !/[A-Za-z]{3} [A-Za-z]/.test(text));

const CONCLUDES =
  /^[,;\s]{0,3}(?:(?:and|but) )?(?:(?:so|thus|hence|therefore)(?: in (?:total|all))?|consequently|finally|then|altogether|overall|in (?:conclusion|total|all|the end|summary)|to (?:sum up|conclude|summari[sz]e)|as a result)(?![A-Za-z])|(?<![A-Za-z])therefore(?![A-Za-z])|^[\s]{0,3}(?:因此|所以|故|因而|综上)/i;

/** What is said to be asked for, or to be the answer. */
const ASKED =
  /(?<![A-Za-z])(?:(?:our|my|the|this) answer|(?:actual|true|real|right|correct(?:ed)?|revised|final|required|requested|desired|wanted) (?:[a-z]{2,12} )?(?:value|number|result|count|total|sum|quantity|answer)|(?:question|problem|we) (?:asks?|wants?|demands?|is about|were asked|are asked)|asked for|as (?:requested|required|asked)|(?:what|which) (?:we|is) (?:want|wanted|need|needed|asked)|in question|i would answer)(?![A-Za-z])|^(?:final|solution|result|answer|total|corrected|revised)(?: value| answer)?(?: \([^()]{1,20}\))?\s?[:=]/i;

/** "The final value is", whatever stands behind it. */
const DECISIVE =
  /(?<![A-Za-z])(?:the|our|my) (?:final|correct|required|requested|desired|actual|true|real|right) (?:value|number|count|total|result|answer|sum|quantity) (?:is|are|must|should)(?![A-Za-z])/i;

/** A question that was asked: what follows answers it. */
const ASKS = /(?<![A-Za-z])(?:question|problem) (?:asks?|wants?|is about)(?![A-Za-z])/i;

/** A second solution. */
const ADDS =
  /^(?:another|the (?:second|other)|a second) (?:solution|root|answer|value)(?![A-Za-z])|^(?:also|similarly),? [^.]{1,60}(?:works|is a (?:solution|root))/i;

/** A further step that makes another value of the one before it. */
const MODIFIES =
  /(?<![A-Za-z])(?:closer (?:look|inspection)|(?:must|should|need to|have to|then|also|finally|remember to|now|so) (?:we |also )?(?:add|subtract|double|halve|divide|multiply|count|include)|(?:adding|subtracting|doubling|halving|including|counting) (?:the|this|it|that|them|one|\d)|counted twice|double.?counts?|was missed|(?:is|are) missing|(?:we|then) divide)(?![A-Za-z])/i;

/** A value behind what joins it to its subject. */
const JOINED =
  /(?:(?<![A-Za-z])(?:is|are|was|be|gets?|gives?|giving|getting|obtain|makes?|so|thus|there are)|[=:：是为])\s{0,2}(-?[\d$\\][^=,:]{0,60})$/i;

/** A value behind other words, which may make another one of it. */
const LED = /(?:(?<![A-Za-z])(?:has|have|leaving|of|meant|read|that|for)|[,；])\s{0,2}(-?[\d$\\][^=,:]{0,60})$/i;

/** "who has 12": of somebody else. */
const RELATIVE = /(?<![A-Za-z])(?:who|whose|where|than|as many|as much)(?![A-Za-z])/i;

/** A number, or a formula. */
const VALUES = /\$[^$]{1,120}\$|-?\d[\d,]{0,80}(?:\.\d{1,40})?(?:\/\d{1,40})?/g;

/** Code of drawings and programs. */
const DRAWINGS = /\[asy\][\s\S]*?(?:\[\/asy\]|$)|```[\s\S]*?(?:```|$)/g;

/** With these begins what does not lead to the answer any more. */
const ASIDES =
  /^\(?(?:note|notice|remark|observe|proof|alternative|alternatively|to (?:see|be|find|show|prove|get|understand|justify)|(?:we|you|one) (?:can|could|may|might) (?:also|have)|if (?:we|you)|another (?:way|approach|method)|in general|more generally|challenge|this is why)(?![A-Za-z])/i;

/** The way to the answer is told behind it. */
const EXPLAINS =
  /^(?:(?:explanation|reasoning|solution|derivation|proof|key points?|steps?|summary)(?: \d)?[^.:]{0,20}:|here(?:['’]s| is) (?:how|why|the)|to see why|this is because|the reason is)/i;

/** "The answer is obtained by adding 24 and 24." */
const TELLS_HOW =
  /(?<![A-Za-z])(?:obtained|found|calculated|computed|derived|reached|determined|given) (?:by|from|using|via|as)(?![A-Za-z])/i;

/** Sentences that begin a check. */
const CHECKS =
  /(?<![A-Za-z])(?:check|checking|verify|verifying|verification|double-check|confirm(?:ing)?|substitut(?:e|ing)|plug(?:ging)?)(?![A-Za-z])/i;

const DOUBTS =
  /^(?:but |oh,? |and )?(?:no[,. ]|no$|nope|wait|hmm+|oops|sorry|hold on|on second thought|on reflection|(?:on )?re-?checking|actually|however|i mean)(?![A-Za-z])/i;

const WEAK =
  /^(?:but |and )?(?:actually|however),? (?:note|notice|it is worth|(?:we|you|one) (?:can|could) also|this is an?|this follows|the same)(?![A-Za-z])/i;

/** "48, not 42": the value it is not. */
const OPPOSED = /(?:,|\() ?(?:and )?not (?:equal to )?(\$[^$]{1,60}\$|-?\d[\d,]{0,20}(?:\.\d{1,20})?)/i;

const DENIES_ELSEWHERE =
  /(?:这|這|上面|以上|前面|刚才|答案)[^。，\n]{0,6}(?:错|錯|有误|有誤|不对|不對)|算错|算錯|应[为是该]|應[為是該]|更正|修正|訂正|间違|間違|いや、|틀렸|(?<![A-Za-zÀ-ÿЀ-ӿ])(?:me suis trompée?|c['’]est faux|erreur ?:|falsch ?:|fehler gemacht|verrechnet|nein,|richtig ist|korrektur ?:|corrección ?:|perdón,|me equivoqué|correzione ?:|mi sono sbagliat[oa]|нет,|ошиб(?:ся|лась|ка)|исправление|неверно|не верно|errei|não,|correção ?:)/i;

const DENIES =
  /(?<![A-Za-z])(?:(?:this|that|it|i|answer|result|above|value)(?:'s| is| was| am|'m| seems| cannot be| can't be| may be| might be)? (?:not (?:right|correct|sure|certain|true)|wrong|incorrect|mistaken|unsure|uncertain|false|invalid)|(?:isn't|wasn't) (?:right|correct)|(?:made|is|was|contains) an? (?:mistake|error)|(?:this|that|it|answer|result|value)(?: \w+)? (?:can't|cannot|can not) be (?:right|correct)|i (?:forgot|missed|overlooked|omitted|neglected|miscounted|miscalculated|misread|misstated|messed|meant|mean|erred|was wrong|solved for|change|changed)|(?:we|one) (?:forgot|missed|overlooked)|(?:check|this|that|it) fails|(?:this|that|it) (?:does not|doesn't) (?:hold|work|satisfy|match)|(?:this|that|it|which) (?:contradicts|violates)|(?:strike|scratch|ignore|disregard|forget) (?:that|it|this|the above)|never ?mind|my apologies|erratum|typo|make that|changed to|(?:it|that|this|answer|value|result) should (?:be|read|have been)|must be rejected|makes the denominator zero|extraneous, so|(?:this|that|it|which) (?:ignores|neglects|(?:over|under)counts|overlooks|misses|forgets|double.?counts))(?![A-Za-z])|^,? no,|^\(?should be |^(?:actually|no),? (?:it|that|this|the answer)(?:['’]s| is| should)(?= [^a-z]| [b-z][ (])|^(?:edit|update|correction|correcting|corrected|revised|fix|amendment|redo(?:ing)?|rather|or rather|more precisely|errat(?:um|a))[\s,:]/i;

const NO_SOLUTION =
  /(?<![A-Za-z])(?:there (?:is|are)|has|have) no (?:real |valid |integer |such )?solutions?(?:[.,;)\s]*$| (?:exists?|at all|to (?:the|this))(?![A-Za-z]))/i;

/** "If the signs were reversed, the answer would have been 28." */
const CONDITIONAL = /(?<![A-Za-z])(?:if|would|suppose)(?![A-Za-z])/i;

const OBLIGES = /(?<![A-Za-z])(?:must|should|need|have to|remember)(?![A-Za-z])/i;

const APPROVES =
  /^(?:yes|yep|correct|good|great|perfect|ok(?:ay)?|right|indeed|done)(?![A-Za-z])|(?<![A-Za-z])(?:(?:that|this|it|which|everything|all|both|answer|result|solution|calculation)(?:'s| is| are)? (?:right|correct|consistent|confirmed|fine|good|valid)|checks? out|match(?:es)?|holds|works|as (?:expected|required|given|stated)|(?:answer|it|result) (?:stands|remains|holds)|confirms?|satisf(?:y|ies))(?![A-Za-z])|[✓✔✅]/i;

const NEGATES =
  /(?<![A-Za-z])(?:not|no|never|wrong|incorrect)(?![A-Za-z])|n['’]t(?![A-Za-z])|≠|\\n(?:e|eq)(?![A-Za-z])/i;

/** What is said of a value that is none. */
const REJECTS =
  /(?<![A-Za-z])(?:is not (?:the|an?|our|my) (?:answer|solution|option|valid|possible|correct)|is (?:not (?:valid|possible|allowed|right|correct)|wrong|incorrect|invalid|inadmissible|extraneous|rejected|impossible)|(?:does not|doesn['’]t) (?:work|satisfy|count)|(?:must|should|has to) be (?:rejected|discarded|excluded)|(?:we|i) (?:must |should |have to )?(?:reject|discard|exclude))(?![A-Za-z])/i;

const POINTS_BACK = /^(?:but |and |so )?(?:this|that|it)(?: (?:solution|value|answer|result|number))?(?![A-Za-z])/i;

/**
 * Where what is said behind the conclusion of a text without any mark of an answer begins: a check, a remark, a farewell behind a sentence that
 * states a value, and no other conclusion behind that. The number of sentences where there is none.
 */
export function findConclusionEnd(sentences: readonly string[], isValued: (sentence: string) => boolean): number {
  if (!sentences.some((one) => ADDENDA.test(one))) return sentences.length;
  const end = findAddendum(sentences, isValued);
  const concludes = (one: string) => isBare(one) || (CONCLUDES.test(one) && isValued(one) && !EQUAL_SIDES.test(one));
  return sentences.slice(end).some(concludes) ? sentences.length : end;
}

function findAddendum(sentences: readonly string[], isValued: (sentence: string) => boolean): number {
  let last: string | null = null;
  for (const [at, sentence] of sentences.entries()) {
    if (last !== null && ADDENDA.test(sentence) && isStating(last)) return at;
    if (isValued(sentence)) last = sentence;
  }
  return sentences.length;
}

/** Whether a sentence concludes its value, or says what something is. */
function isStating(sentence: string): boolean {
  return CONCLUDES.test(sentence) || sentence.includes('**') || STATES.test(sentence);
}

/** "the area is 12", "x = 6". */
const STATES = /(?<![A-Za-z])(?:is|are|=)\s{0,2}[^=]{1,40}$|^[\s$]{0,3}[a-z]\s?=\s?[^=]{1,30}$/i;

/** "So LHS = RHS = 20", "thus both sides are 20". */
const EQUAL_SIDES = /(?<![A-Za-z])(?:LHS|RHS|both sides|left.hand|right.hand|left side|right side)(?![A-Za-z])/i;

/** What may stand behind a conclusion and is none. */
const ADDENDA =
  /^[\s*_#>(•-]{0,6}(?:check|checking|verification|verifying|to verify|proof|substituting back|let me (?:verify|check)|as a check|both (?:of them|sides|approaches|methods)|you can also|for comparison|in comparison|i hope|hope (?:this|that|it)|if you(?:['’]d)? (?:would )?(?:like|want|have|need)|let me know|feel free|don['’]t hesitate|do not hesitate|great question|good luck|thank|this contains|that leaves|说明|总结|验证|检验|probe:|zur probe|das entspricht|bemerkung|remarque|vérification)/i;
