/**
 * Last sentences of a text without any mark of an answer that hold a value and state none: they suppose it, are about
 * to test it, give it as an example, or label something else.
 */
export function supposesOrTests(sentence: string): boolean {
  const bare = sentence.slice(0, SCANNED).replace(OPENING, '');
  return (SUPPOSES.test(bare) && !CONCLUDES.test(bare)) || ABOUT_OTHERS.test(bare);
}

/** Code units of a sentence that are looked at. */
const SCANNED = 400;
const OPENING = /^[\s*_#>•-]{0,8}(?:(?:so|now|then|next|first|finally|here|well|okay)[, ]{1,2}){0,2}/i;

/** "Let x = 7", "Test n = 7", "We need to check 7", "such as 7", "Or 7"; "let's add" calculates. */
const SUPPOSES =
  /^(?:let(?= (?!us |me ))|suppose|assum(?:e|ing)|imagine|consider|test|try|check|verify|guess|perhaps|maybe|such as|like|(?:for )?(?:example|instance)|e\.?g|or(?= )|(?:we|i|you|one|let us|let['’]s|let me) (?:(?:need to|have to|must|can|should|will|want to|now|could|would|may|try to|also|still|first) ){0,2}(?:check|test|try|verify|consider|suppose|assume|guess))(?![A-Za-z])/i;

/** What follows from a supposition is said. */
const CONCLUDES =
  /(?<![A-Za-z])(?:so|thus|hence|therefore|then|gives?|giving|gets?|find|means|yields?|conclude|follows|which is)(?![A-Za-z])/i;

/** "Confidence: 7". */
const ABOUT_OTHERS =
  /^(?:(?:my|the) )?(?:confidence|certainty|difficulty|rating|score|self-assessment|likelihood)(?: (?:level|score|rating))?[*_ ]{0,4}(?:[:：=]|is )/i;

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
