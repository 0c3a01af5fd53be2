import { WORDS_OF_LANGUAGES } from './latin-languages.ts';
import { isNumberWord } from './number-words.ts';
import { changesByForm } from './other-scripts.ts';
import { isUnitWord } from './units.ts';

/**
 * What a word does to the value beside it. Only words that do nothing to it may be skipped, and the classes are the
 * closed ones of a language: words that negate, bound, hedge, compare or condition, and words that join.
 */
export type WordClass =
  /** Negates, hedges, or makes another value of it: no value beside it is stated. */
  | 'denial'
  /** Bounds or compares: the value right behind it is not stated. */
  | 'bound'
  /** "about 72" states 72. */
  | 'approximation'
  /** Joins a subject to its value: "is", "equals", "gives". */
  | 'copula'
  /** A verb whose object is a quantity: "earned", "takes". */
  | 'verb'
  /** Opens a conclusion: "Therefore". */
  | 'lead'
  /** Articles, and words that may stand between a copula and its value. */
  | 'filler'
  | 'preposition'
  /** Opens a condition that belongs to the value: "if", "when". */
  | 'condition'
  /** Opens a statement of the domain: "for all", "where". */
  | 'qualifier'
  /** Opens a reason: "because". */
  | 'reason'
  /** Opens what the value is opposed to: "instead of". */
  | 'contrast'
  /** Says what somebody wants, claims or supposes: "wants", "claims". */
  | 'report'
  /** "the answer", "correct": what a value is said to be. */
  | 'answer';

const WORDS: Readonly<Record<WordClass, string>> = {
  denial:
    'not no never none neither nor cannot without nothing nobody nowhere hardly scarcely barely wrong incorrect false ' +
    'invalid inadmissible extraneous spurious impossible mistake mistaken mistakenly undefined unknown undetermined unclear unsure uncertain maybe perhaps ' +
    'possibly probably presumably might may guess guessed guessing anything something everything too ' +
    'other otherwise others except excluding excluded exclude excludes besides but unless unlike different differs ' +
    'opposite contrary avoid avoids reject rejects rejected deny denies denied refuse refuses refused unable discard discards discarded ignore ' +
    'ignores ignored forget forgets lacks lacking fails failed fail doubt doubts twice thrice double doubled doubles triple ' +
    'tripled triples quadruple halve halved inverse reciprocal negation complement multiple multiples divisor factor ' +
    'absurd nonsense unlikely doubtful doubted contradict contradicts contradicted contradicting contradiction disproves disproved ' +
    'whichever either whether prove disprove assume suppose supposing assuming actually wait oops hmm sorry however ' +
    'though although rather instead approaches approach versus vs untrue suspect estimate ' +
    'else estimated divided multiplied times minus negative plus squared cubed root or ' +
    'pas non ni jamais aucun aucune sauf peut presque ou sinon nicht kein keine nie fast oder vielleicht nunca ningún ' +
    'ninguna quizás sino nem não talvez forse нет не или ليس لا أو नहीं या',
  bound:
    'least most than more fewer less lesser larger smaller bigger higher lower greater exceed exceeds exceeding exceeded ' +
    'surpass surpasses surpassed above below under over beyond within between among until till near nearly almost close ' +
    'bounded limited capped before after up upwards down minimum maximum moins environ entre mindestens höchstens weniger zwischen menos casi ' +
    'meno circa менее более меньше больше أقل أكثر कम',
  approximation: 'about approximately roughly around approx circa ca',
  copula:
    'is are was were be being equals equal equaled becomes become gives give giving gave yields yield yielding get gets getting got ' +
    'obtain obtains obtained equate result results totals total comes means remains have has had ' +
    'simplifies evaluates est sont fait font donne ist sind beträgt ergibt lautet son es sera será é são è sono ' +
    "it's that's there's he's she's here's " +
    'reste restent vaut vale valen то равно هو هي है हैं',
  verb:
    'do go earn earns earned earning make makes made making leave leaves leaving left sell sells sold buy buys bought spend spends spent cost costs pay pays ' +
    'paid take takes took taken need needs needed use uses used eat eats ate eaten read reads write writes wrote ' +
    'receive receives received save saves saved saving collect collects collected give gives given find finds found ' +
    'walk walks walked run runs ran drive drives drove drink drinks drank travel travels traveled travelled ' +
    'weigh weighs weighed contain contains contained hold holds held keep keeps kept lose loses lost gain gains gained ' +
    'produce produces produced started starts start finish finishes finished work works worked worth own owns owned ' +
    'owe owes owed plant plants planted require requires required score scores scored grow grows grew growing increase increases ' +
    'increased decrease decreases decreased reach reaches reached spans measure measures measured hike hikes hiked ' +
    'there total sum include includes included consist consists reduces amounts amount adds add a ai ont aura auront avait ' +
    'faut coûte hat haben kostet bleiben hay tiene tienen queda quedan cuesta ha tem há custa',
  filler:
    'the an exactly simply just precisely therefore thus hence then so only indeed also now clearly again once that it its this ' +
    'these those them they he she we you i our their his her my your all total altogether together overall both every each ' +
    'finally ultimately final correct value number worth given as such very same away ago more additional extra remaining ' +
    'still long old tall wide deep high day days which who whom whose le la les un une des du der die das ein eine ' +
    'el los las una il elle ils elles on nous vous au aux donc encore déjà alors',
  lead:
    'therefore thus hence then so consequently finally overall answer ok okay well donc ainsi alors entonces luego also daher ' +
    'somit folglich portanto quindi dunque 因此 所以 故 故此 因而 于是 综上 综上所述 综合上述 लिए इसलिए अतः لذا إذن لذلك значит итак',
  preposition:
    'of in on at for from to with by during per into onto out off through across against along toward towards upon ' +
    "d'ici de " +
    'dans pour sur avec pendant après chez à en von für mit bei nach auf im am zu con sin desde hasta entre por para ',
  condition: 'if when whenever provided providing si wenn cuando falls',
  qualifier: 'for where given',
  reason: 'because since as thus',
  contrast: 'instead rather',
  report:
    'want wants wanted wish wishes wished ask asks asked claim claims claimed pretend pretends imagine imagines hope hopes hoped ' +
    'expect expects expected try tries tried told tells say says said would should could assume assumes assumed suppose supposes ' +
    'supposed believes thinks thought alleged seems seem seemed appears appear request requests requested wrote demands ' +
    'whether example e.g instance hypothetical',
  answer:
    'answer answers solution solutions result correct right valid true desired required wanted sought final value our the ' +
    'one we want need it that this',
};

const CLASSES: ReadonlyMap<string, ReadonlySet<WordClass>> = readWords();

function readWords(): ReadonlyMap<string, ReadonlySet<WordClass>> {
  const classes = new Map<string, Set<WordClass>>();
  for (const [name, list] of [...Object.entries(WORDS), ...Object.entries(WORDS_OF_LANGUAGES)] as [
    WordClass,
    string,
  ][]) {
    for (const word of list.split(' ')) {
      const known = classes.get(word) ?? new Set();
      classes.set(word, known.add(name));
    }
  }
  return classes;
}

/** A word as the vocabulary has it: in lower case, but for the month. */
export function toVocabulary(text: string): string {
  return text === 'May' ? text : text.toLowerCase();
}

/** Whether a word of the vocabulary belongs to a class. */
export function hasClass(word: string, name: WordClass): boolean {
  return CLASSES.get(word)?.has(name) === true || (name === 'denial' && isDenialByForm(word));
}

/** Negations written together (`doesn't`, `isn't`), and the signs by which other scripts negate, bound and change. */
function isDenialByForm(word: string): boolean {
  return word.endsWith("n't") || changesByForm(word);
}

/** Whether a word has a class. */
export function isVocabulary(word: string): boolean {
  return CLASSES.has(word);
}

/** Whether a run of letters is a word of the vocabulary, so that two or three letters are no product of symbols. */
export function isKnownWord(word: string): boolean {
  return CLASSES.has(word) || isNumberWord(word) || (word.length > 1 && isUnitWord(word));
}

/** Whether a word behind "to" is a verb and leads to no value: "to fill 12 boxes", and not "to the opposite", "to seven". */
export function isInfinitive(word: string | undefined): boolean {
  return word !== undefined && /^[a-z]{2,20}$/.test(word) && !NO_INFINITIVES.has(word) && !word.endsWith('teen');
}

const NO_INFINITIVES: ReadonlySet<string> = new Set(
  (
    'the a an its his her my your their our this that these those either neither both each every what whatever ' +
    'something anything some any no at between from within exactly almost around roughly approximately about nearly ' +
    'under over up less more fewer half twice double triple thrice minus plus negative positive not another one two ' +
    'three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy eighty ninety ' +
    'hundred thousand million infinity zero sin cos tan log max min sqrt exp'
  ).split(' '),
);

/** Whether a word says which numbers are meant: "integer", "odd". */
export function isNumberKind(word: string): boolean {
  return NUMBER_KINDS.has(word.toLowerCase());
}

const NUMBER_KINDS: ReadonlySet<string> = new Set(
  (
    'integer integers integral natural naturals real reals rational rationals irrational irrationals prime primes composite ' +
    'composites odd even whole positive negative nonnegative nonpositive nonzero large small'
  ).split(' '),
);
