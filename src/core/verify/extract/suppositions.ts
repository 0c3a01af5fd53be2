import { hasValue } from './box-context.ts';

/**
 * Last sentences of a text without any mark of an answer that hold a value and state none: they suppose it, are about
 * to test it, give it as an example, or label something else.
 */
export function supposesOrTests(sentence: string): boolean {
  const bare = sentence.slice(0, SCANNED).replace(OPENING, '');
  if (ABOUT_OTHERS.test(bare) || ASKS.test(bare)) return true;
  if (!SUPPOSES.test(bare)) return false;
  const conclusion = bare.search(CONCLUDES);
  return conclusion < 0 || !hasValue(bare.slice(conclusion));
}

/** Code units of a sentence that are looked at. */
const SCANNED = 400;
const OPENING = /^[\s*_#>•-]{0,8}(?:(?:so|now|then|next|first|finally|here|well|okay)[, ]{1,2}){0,2}/i;

/** "Let x = 7", "Test n = 7", "We need to check 7", "such as 7", "Or 7"; "let's add" calculates. */
const SUPPOSES =
  /^(?:let(?= (?!us |me ))|suppose|assum(?:e|ing)|imagine|given|substitut(?:e|ing)|plug(?:ging)?|set(?:ting)?(?= )|using|knowing|recall(?:ing)?|where|(?:it|we) (?:is|are|were) (?:given|told)|it remains to|the base case|(?:add|subtract|multiply|divide|double)(?= )|we know|we have to|consider|test|try|check|verify|guess|perhaps|maybe|such as|like|(?:for )?(?:example|instance)|e\.?g|or(?= )|(?:we|i|you|one|let us|let['’]s|let me) (?:(?:need to|have to|must|can|should|will|want to|now|could|would|may|try to|also|still|first) ){0,2}(?:check|test|try|verify|consider|suppose|assume|guess))(?![A-Za-z])/i;

/** It asks for something, or says that it has nothing, or what is still to be done: "find the area", "I cannot solve this", "cases to consider". */
const ASKS =
  /(?<![A-Za-z])(?:cases|possibilities|options|candidates) (?:left )?to (?:consider|check|examine|look at|count|try|test|distinguish|go through)(?![A-Za-z])|(?:^|, )(?:find|determine|calculate|compute|evaluate|what is|how (?:many|much)) (?:the|a|all|its|his|her)(?![A-Za-z])|(?<![A-Za-z])(?:i(?:['’]m| am) (?:sorry|unable|not able)|(?:i|we) (?:cannot|can['’]t|could not|couldn['’]t) (?:solve|determine|find|answer|compute|proceed))(?![A-Za-z])/i;

/** What follows from a supposition is said. */
const CONCLUDES =
  /(?<![A-Za-z])(?:so|thus|hence|therefore|then|gives?|giving|gets?|find|means|yields?|conclude|follows|which is)(?![A-Za-z])/i;

/** "Confidence: 7", "Answer choices: 7", "The answer has 7 digits", "The answer to the previous exercise was 7". */
const ABOUT_OTHERS =
  /^(?:(?:my|the) )?(?:confidence|certainty|difficulty|rating|score|self-assessment|likelihood)(?: (?:level|score|rating))?[*_ ]{0,4}(?:[:：=]|is )|^(?:the |upper |lower )?answer (?:key|choices?|options?|candidates?|types?|bounds?|formats?|length|depends|will be|has \S{1,8} (?:digits?|letters?|terms?|parts?)|to (?:an? |the )?(?:simpler|previous|other|similar|related|easier|first part|last part))(?![A-Za-z])/i;

/** "Therefore x = 7. Let me verify: 2*7 = 14": the conclusion is what is checked. */
export function isCheckOf(sentence: string, before: string): boolean {
  return (
    /^(?:let me|let us|let['’]s|we|i)? ?(?:can )?(?:check|verify)(?![A-Za-z])/i.test(sentence) &&
    /^(?:therefore|thus|hence|so)(?![A-Za-z])/i.test(before)
  );
}

/** "x = 8" on a line and "x = 7" on the next one: two values in digits for one name. */
export function namesTwice(before: string | undefined, last: string): boolean {
  const [one, other] = [NAMED.exec(before ?? ''), NAMED.exec(last)];
  return one !== null && other !== null && one[1] === other[1] && one[2] !== other[2];
}

const NAMED = /^[\s$]{0,4}([A-Za-z](?:_\{?\w\}?)?)\s?=\s?(-?\d{1,12})[\s$.]{0,4}$/;

/**
 * Whether a text without any mark of an answer breaks off: behind a word that something must follow, in a formula, behind the
 * number of an item, in a sentence behind its last value, or with a step it announces. What it said before is no answer then.
 */
export function breaksOff(text: string, behind: readonly string[]): boolean {
  const end = text.slice(-SCANNED).trimEnd();
  const line = end.slice(end.lastIndexOf('\n') + 1);
  if (OPEN_WORD.test(line) || endsInFormula(text.trimEnd())) return true;
  if (end.includes('\n') && LONE_NUMBER.test(line)) return true;
  const last = behind.at(-1);
  if (last === undefined) return false;
  if (behind.some((one) => PLANS.test(one.replace(OPENING, '')))) return true;
  return /[a-z]:?$/.test(line) && /[A-Za-z] [A-Za-z]/.test(last) && !GOODBYES.test(last);
}

/** "So x = 3 or", "and the area is". */
const OPEN_WORD =
  /\s(?:or|and|is|are|was|were|the|an|of|in|on|at|for|by|to|from|as|be|been|has|have|with|that|which|whose|then|so|thus|because|since|if|when|where|we|she|he|they|there|get|gives|plus|minus|times)$|[A-Za-z\d] ?[=+×·]$/;

/** `so $x = 3`: a formula that nothing closes; an amount of money is none. */
function endsInFormula(text: string): boolean {
  const line = text
    .slice(text.lastIndexOf('\n') + 1)
    .replaceAll('\\$', '')
    .replaceAll('$$', '$');
  const parts = line.split('$');
  return parts.length % 2 === 0 && /^\s?[^\s\d][^$]{0,200}$/.test(parts.at(-1)!) && /[=\\^_]/.test(parts.at(-1)!);
}

/** `3.`, `**2.**`: an item that has not begun. */
const LONE_NUMBER = /^[*_#\s]{0,4}\d{1,3}[.)][*_\s]{0,4}$/;

const PLANS =
  /^(?:similarly,? )?(?:for [^,.]{1,60} )?(?:we|i|you|let us|let['’]s|let me|it remains to) (?:(?:now|then|next|also|still|need to|have to|must|will|can|should|want to) ){0,3}(?:find|compute|calculate|divide|multiply|subtract|add|consider|solve|determine|count|evaluate|need|look|check each|turn to)(?![A-Za-z])/i;

/** What takes leave behind an answer. */
const GOODBYES =
  /(?<![A-Za-z])(?:hope|thanks?|help|correct|welcome|question|happy|let me know|done|above|answer)(?![A-Za-z])/i;
