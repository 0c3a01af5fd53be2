import { foldCharacters } from './characters.ts';
import { hasClass, toVocabulary } from './word-classes.ts';

/** Options of a question with several: which one a reference names, and which one a text asserts. */

/** A reference that names an option. */
export interface Choice {
  readonly letter: string;
  /** Nothing but the letter is written, so that it may be a symbol as well. */
  readonly isBare: boolean;
}

/** Letters that options have; the reference's own letter counts too. */
const OPTION_LETTERS = 'ABCDEFGHIJ';

/** A reference that names an option: `C`, `(C)`, `\text{(C)}`, `(D) Alina`, `C. Cecile`. Null for anything else. */
export function findChoice(gold: string): Choice | null {
  if (gold.length > 400 || !/[A-Z]/.test(gold)) return null;
  const bare = stripMarkup(gold).trim();
  const lone = /^(\(?)([A-Z])(\)?)[.:]?$/.exec(bare);
  if (lone !== null) return { letter: lone[2]!, isBare: lone[1] === '' && lone[3] === '' };
  const withText =
    /^(?:\(([A-Z])\)|([A-Z])[.:)])\s{1,3}[A-Za-z\u0080-\uffff]{2}/.exec(bare) ??
    /^([A-Z])\s[A-ZÀ-Þ][a-zß-ÿ]/.exec(bare);
  const letter = withText?.[1] ?? withText?.[2];
  return letter === undefined ? null : { letter, isBare: false };
}

/**
 * The one option that a text asserts; null when nothing can be told of options, and the empty text when options are
 * named and none is asserted: denied, or listed one after another. A statement that is
 * marked as the answer must be read as a whole. Of a whole text the last sentence that asserts or denies an option
 * counts; options that only stand there are a list of them, and state one where they are one.
 */
export function readChoice(text: string, goldLetter: string, isMarked: boolean): string | null {
  const letters = OPTION_LETTERS.includes(goldLetter) ? OPTION_LETTERS : OPTION_LETTERS + goldLetter;
  const sentences = splitSentences(stripMarkup(foldCharacters(text))).toReversed();
  const small = sentences.length === 1 ? SMALL_LETTER.exec(sentences[0]!)?.[1] : undefined;
  if (small !== undefined) return small.toUpperCase();
  return isMarked ? readMarked(sentences, letters, text.includes(' ; ')) : readUnmarked(sentences, letters);
}

/** Several boxes or lines (`isJoined`) are one statement: each of them is an answer. */
function readMarked(sentences: readonly string[], letters: string, isJoined: boolean): string | null {
  const asserted = new Set<string>();
  for (const sentence of sentences) {
    const said = new SentenceReader(sentence, letters).read();
    const isOpen = said === NONE && (isJoined || HEDGE.test(sentence) || isLoneValue(sentence));
    if (said === DENIES) return '';
    if (said === UNCLEAR || isOpen) return null;
    if (said !== NONE) asserted.add(said);
  }
  return asserted.size === 1 ? [...asserted][0]! : null;
}

/** `(d)`, `d)`: the mark of an option; a bare `d` is a symbol. */
const SMALL_LETTER = /^\s{0,4}\(?([a-j])\)[.,]?\s{0,4}$/;

function readUnmarked(sentences: readonly string[], letters: string): string | null {
  const listed = new Set<string>();
  let hasDenied = false;
  for (const sentence of sentences) {
    const reader = new SentenceReader(sentence, letters);
    const said = reader.read();
    if (said === NONE) continue;
    if (said.length === 1 && reader.startsWithLetter) {
      listed.add(said);
      if (listed.size > 1) return '';
    } else if (said.length === 1) return listed.size === 0 || listed.has(said) ? said : '';
    // "I rule out D" before "(D) 12": what is listed then was spoken of before.
    else if (reader.names(listed) && (said === DENIES || LEAVES_OPEN.test(sentence))) return '';
    else if (said === UNCLEAR && listed.size === 0) return null;
    hasDenied ||= said === DENIES;
  }
  return listed.size === 1 ? [...listed][0]! : hasDenied ? '' : null;
}

/** The options that a reference names where it names several, as `ABD`: `ABD`, `A, C`. Null for anything else. */
export function findChoices(gold: string): string | null {
  return gold.length <= 40 && /^[^a-z\d]*$/.test(stripMarkup(gold)) ? readChoices(gold) : null;
}

/** The options that a statement names and says nothing else of, where they are several and in order. */
export function readChoices(text: string): string | null {
  const bare = stripMarkup(foldCharacters(text));
  if (/[\d=+*/^_<>|\\?]|[错誤误不非或]/.test(bare) || bare.length > MAX_CHOICES) return null;
  const words = bare.match(/[A-Za-z]+/g) ?? [];
  const named = words.filter((word) => /^[A-H]{1,8}$/.test(word));
  const letters = named.join('');
  if (letters.length < 2 || words.some((word) => !named.includes(word) && !CHOOSES.test(word))) return null;
  return [...letters].every((letter, at) => at === 0 || letter > letters[at - 1]!) ? letters : null;
}

/** Code units of a statement that names several options. */
const MAX_CHOICES = 120;
/** What may be said of them. */
const CHOOSES =
  /^(?:the|correct|right|true|options?|choices?|statements?|answers?|are|is|and|both|so|therefore|thus|hence|select|choose)$/i;

/** What a sentence says about options, where it asserts no letter. */
const UNCLEAR = 'unclear';
const DENIES = 'denies';
const NONE = 'none';

/** Text commands and their braces, delimiters, emphasis and spaces dropped; other commands stay. */
function stripMarkup(text: string): string {
  let bare = text;
  for (let depth = 0; depth < 3 && bare.includes('{'); depth += 1)
    bare = bare.replace(
      /\\(?:text|textbf|textit|textrm|mbox|mathrm|mathbf|boxed|fbox|bf|rm) ?\{([^{}]*)\}|(?<![_^A-Za-z}])\{([^{}]*)\}/g,
      '$1$2',
    );
  return bare.replace(/\\(?:left|right|displaystyle|quad)(?![A-Za-z])|\\[()[\],;:! ]|[$*`"“”]|__/g, ' ');
}

function splitSentences(text: string): string[] {
  return text
    .split(/(?<=[.!?。！？])(?!(?<=^\s{0,4}\(?[A-Z]\.)\s{1,3}[\d$\\])(?=\s|$|[\u2e80-\uffff])|[\n;；]/)
    .map((sentence) => sentence.replace(ARROW, ''))
    .filter((sentence) => /\S/.test(sentence));
}

/** `=> D`. */
const ARROW = /^\s{0,8}(?:[=-]>|\\Rightarrow|\\to)(?![A-Za-z])/;

/** Whether a sentence has nothing but a letter that stands for no option, a number, a formula in capitals: another answer beside one. */
const isLoneValue = (sentence: string): boolean => !/[a-z]/.test(sentence) && /[A-Z\d]/.test(sentence);

const HEDGE =
  /[?？]|(?<![A-Za-z])(?:or else|unclear|unsure|uncertain|undecided|guess|maybe|perhaps|possibly|probably|might|may|could)(?![A-Za-z])/i;

/** "It is C or D", "it could be D". */
const LEAVES_OPEN = new RegExp(`${HEDGE.source}|(?<![A-Za-z])or(?![A-Za-z])`, 'i');

interface Word {
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

class SentenceReader {
  readonly #source: string;
  readonly #letters: string;
  readonly #words: readonly Word[];

  constructor(source: string, letters: string) {
    this.#source = source;
    this.#letters = letters;
    this.#words = Array.from(
      source.matchAll(/[A-Za-z\u00c0-\u02ff]+(?:['’][a-z]+)?|[\u0370-\u2bff\u2e80-\uffff]+|\d+|\S/g),
      ({ 0: text, index }) => ({
        text,
        at: index,
        end: index + text.length,
      }),
    );
  }

  /** Whether an option stands at the beginning of the sentence. */
  get startsWithLetter(): boolean {
    const at = this.#findLetter(0);
    return (
      at >= 0 &&
      this.#words.slice(0, at).every(({ text }) => !/[A-Za-z\u0080-\uffff]/.test(text)) &&
      !this.#isPredicated(at)
    );
  }

  /** Whether one of the options is named outside of formulas. */
  names(letters: ReadonlySet<string>): boolean {
    return this.#words.some(({ text }, k) => letters.has(text) && this.#isLetter(k) && !this.#isInFormula(k));
  }

  /** "D is correct": no line of a list. */
  #isPredicated(at: number): boolean {
    const word = this.#words[this.#words[at + 1]?.text === ')' ? at + 2 : at + 1]?.text.toLowerCase() ?? '';
    return hasClass(word, 'copula') || ASSERTED_BEHIND.test(word);
  }

  /** The letter that is asserted, or what the sentence says instead. */
  read(): string {
    const at = this.#findLetter(0);
    if (at < 0) return NONE;
    if (this.#isNegated(at)) return DENIES;
    if (this.#isInFormula(at)) return UNCLEAR;
    const lead = dropRelativeClause(this.#words.slice(0, this.#isOpened(at) ? at - 1 : at));
    if (HEDGE.test(lead.map(({ text }) => text).join(' ')) || HEDGE.test(this.#source.slice(this.#words[at]!.at)))
      return UNCLEAR;
    if (lead.slice(-4).some(({ text }) => /^or$/i.test(text))) return UNCLEAR;
    if (lead.some(isDenial)) return this.#readContrast(at);
    if (!isLead(lead)) return UNCLEAR;
    return this.#readTail(at);
  }

  /** "not A but B" asserts B; "not A" denies, and nothing else can be told. */
  #readContrast(first: number): string {
    const but = first + (this.#words[first + 1]?.text === ')' ? 2 : 1);
    if (
      this.#words[but]?.text !== 'but' ||
      this.#words[first - (this.#isOpened(first) ? 2 : 1)]?.text.toLowerCase() !== 'not'
    )
      return DENIES;
    const next = new SentenceReader(this.#source.slice(this.#words[but]!.end), this.#letters).read();
    return next === NONE ? DENIES : next;
  }

  /** What follows the letter: a reason, "is correct", what the option says, the option it is opposed to. */
  #readTail(at: number): string {
    const letter = this.#words[at]!.text;
    const isClosed = this.#words[at + 1]?.text === ')';
    if (this.#isOpened(at) && !isClosed) return UNCLEAR;
    const from = isClosed ? at + 2 : at + 1;
    const to = this.#words.findLastIndex(({ text }) => !/^[.!,。！，]$/.test(text)) + 1;
    const rest = this.#words.slice(from, Math.max(from, to));
    const [first, second = ''] = rest.map(({ text }) => text.toLowerCase());
    if (first === undefined) return letter;
    if (hasClass(first, 'reason') || (first === ',' && hasClass(second, 'reason'))) return letter;
    if (rest.length === 1 && ENDS.test(first)) return letter;
    if (ASSERTED_BEHIND.test(first) && !rest.some(isDenial) && this.#findLetter(from) < 0)
      return rest.length === 1 || ONLY.test(this.#words[0]!.text) ? letter : UNCLEAR;
    if (rest.length === 1 && LONE_DENIAL.test(first)) return DENIES;
    if (hasClass(first, 'copula')) return this.#readPredicate(letter, rest.slice(1));
    if (AUXILIARIES.has(first)) return DENIES;
    const denial = rest.findIndex(isDenial);
    if (denial >= 0) return this.#opposes(letter, isClosed, from, rest, denial) ? letter : UNCLEAR;
    const says = this.#isOptionText(isClosed, rest) || /^(?:which|so)$/.test(second);
    return says && this.#findLetter(from) < 0 && !rest.some(isOr) ? letter : UNCLEAR;
  }

  /** "C, not B", "D rather than A or B", "(D) Not enough is known": the denial is about the others. */
  #opposes(letter: string, isClosed: boolean, from: number, rest: readonly Word[], denial: number): boolean {
    const others = this.#words.flatMap((word, k) =>
      k >= from && this.#isLetter(k) ? [{ text: word.text, at: k }] : [],
    );
    // "D instead C" and "D not correct" oppose it to nothing.
    const word = rest[denial]!.text.toLowerCase();
    const opener = word === 'instead' ? 'of' : word === 'rather' ? 'than' : null;
    if (opener !== null && rest[denial + 1]?.text.toLowerCase() !== opener) return false;
    if (others.length === 0 && !isClosed) return false;
    if (others.some(({ text, at }) => text === letter || at < from + denial || this.#isInFormula(at))) return false;
    const before = rest[denial - 1]?.text.toLowerCase() ?? '';
    if (before !== '' && rest[0]!.text !== ',' && (AUXILIARIES.has(before) || hasClass(before, 'copula'))) return false;
    if (!CONTRASTS.test(rest[denial]!.text) && !isClosed) return false;
    if (denial > 0 && !/^(?:,|and|but)$/.test(rest[0]!.text) && !isClosed) return false;
    // "not A or B" denies both; any other "or" leaves it open.
    return !rest.some((word, k) => {
      if (isOr(word)) return k < denial || !others.some(({ at }) => at === from + k + 1 || at === from + k + 2);
      return k > denial && (isDenial(word) || /^(?:possibly|and|but)$/i.test(word.text));
    });
  }

  /** "(C) is correct", "C is the answer". */
  #readPredicate(letter: string, behind: readonly Word[]): string {
    const reason = behind.findIndex(({ text }) => hasClass(text.toLowerCase(), 'reason'));
    const rest = reason < 0 ? behind : behind.slice(0, reason);
    if (rest.some(isDenial)) return DENIES;
    const isAnswer = rest.every(({ text }) => PREDICATE.has(text.toLowerCase()));
    return isAnswer && rest.length > 0 ? letter : UNCLEAR;
  }

  /** What an option says, behind a letter that is marked as one: `(D) 12 cm`, `B. Bob`, `C: 5`. */
  #isOptionText(isClosed: boolean, rest: readonly Word[]): boolean {
    if (/^[-+*/^_=<>|!]$/.test(rest[0]!.text)) return false;
    return isClosed || /^[.:]$/.test(rest[0]!.text) || /^[A-ZÀ-Þ][a-zß-ÿ]/.test(rest[0]!.text);
  }

  #findLetter(from: number): number {
    return this.#words.findIndex((_, k) => k >= from && this.#isLetter(k));
  }

  /** A capital that stands alone; "A triangle" and "I think" have none. */
  #isLetter(at: number): boolean {
    const word = this.#words[at];
    if (word === undefined || word.text.length !== 1 || !this.#letters.includes(word.text)) return false;
    const next = this.#words[at + 1]?.text ?? '';
    if (word.text === 'I') return !/^[a-z]/.test(next);
    return word.text !== 'A' || !/^[a-z]/.test(next) || /^(?:is|was|or|and|seems|because|since|not)$/.test(next);
  }

  #isOpened(at: number): boolean {
    return this.#words[at - 1]?.text === '(';
  }

  /** `C+1`, `P(C)`, `2C`, `C_1`, `|C|`, `C = 3`: beside a sign, or close to a letter or number. */
  #isInFormula(at: number): boolean {
    const [before, own, after] = [this.#words[at - 1], this.#words[at]!, this.#words[at + 1]];
    const isOpened = before?.text === '(';
    const front = isOpened ? this.#words[at - 2] : before;
    const isClose = front !== undefined && front.end === (isOpened ? before!.at : own.at);
    if (isClose && /[A-Za-z\d)}]$/.test(front.text)) return true;
    if (front !== undefined && /^[-+/^_<>|{\\=√]$/.test(front.text) && !this.#isBullet(front)) return true;
    const behind = after?.text === ')' ? this.#words[at + 2] : after;
    if (behind === undefined) return false;
    if (/^[-+]$/.test(behind.text))
      return this.#source[behind.end] !== ' ' || !/^[a-z]{2}/.test(this.#source.slice(behind.end + 1));
    return /^[\^_/<>|{\\=!'’]$/.test(behind.text) && !(after?.text === ')' && behind.text === '\\');
  }

  /** `¬D`, `!D`; a tilde behind a letter is a blank. */
  #isNegated(at: number): boolean {
    const front = this.#words[this.#isOpened(at) ? at - 2 : at - 1];
    if (front === undefined || !/^[!¬~∼]$/.test(front.text)) return false;
    if (front.text === '!') return front.end === this.#words[at]!.at;
    return !/[A-Za-z]/.test(this.#source[front.at - 1] ?? '');
  }

  #isBullet(word: Word): boolean {
    return word === this.#words[0] && this.#source[word.end] === ' ';
  }
}

function isOr({ text }: Word): boolean {
  return /^(?:or|either)$/i.test(text);
}

function isDenial({ text }: Word): boolean {
  if (REJECTS.test(text)) return true;
  return /^(?:or|either|factor|too|suppose|assume)$/i.test(text) ? false : hasClass(toVocabulary(text), 'denial');
}

/** "Eliminate D", "I rule out D". */
const REJECTS = /^(?:eliminat(?:e|es|ed|ing)|rul(?:e|es|ed|ing)|cross(?:es|ed|ing)?|excluding|discarding|rejecting)$/i;

/** Words that may lead to a letter: any that leave it alone, the last of them one that points at it. */
function isLead(lead: readonly Word[]): boolean {
  const words = lead.map(({ text }) => text).filter((text) => /[A-Za-z\u00c0-\uffff]/.test(text));
  if (lead.some(({ text }) => /^[\d+*/^=<>|\\]/.test(text))) return false;
  const isChanging = (word: string) => {
    const known = toVocabulary(word);
    return (['bound', 'report', 'condition'] as const).some((name) => hasClass(known, name));
  };
  // "I would go with D".
  const isOpinion = /(?:^| )(?:would|should) (?:go with|choose|pick|select|say)$/i.test(words.slice(-3).join(' '));
  if (words.some((word) => isChanging(word) && !(isOpinion && /^(?:would|should|say)$/i.test(word)))) return false;
  const last = words.at(-1);
  if (last === undefined || last > '\u0370') return true;
  const known = last.toLowerCase();
  return (
    hasClass(known, 'copula') ||
    POINTERS.has(known) ||
    lead.at(-1)!.text === ':' ||
    (words.length === 1 && hasClass(known, 'lead'))
  );
}

/** "The statement that is not true is D": what a clause says of the noun before it is no denial of the option, unless it is the answer that is wrong. */
function dropRelativeClause(lead: readonly Word[]): readonly Word[] {
  const at = lead.findIndex(({ text }) => /^(?:that|which|who)$/i.test(text));
  const noun = lead[at - 1]?.text.toLowerCase() ?? '';
  const last = lead.at(-1)?.text.toLowerCase() ?? '';
  if (at < 2 || !/^[a-z]{3,}$/.test(noun) || !/^(?:is|are|was|were)$/.test(last) || NO_HEADS.test(noun)) return lead;
  const clause = lead.slice(at + 1, -1).map(({ text }) => text.toLowerCase());
  const isOfAnswer = /^(?:answers?|options?|choices?|letters?)$/.test(noun);
  if (clause.length === 0 || clause.some((word) => CONTENT_WORDS.test(word) || (isOfAnswer && REJECTED.test(word))))
    return lead;
  return [...lead.slice(0, at), lead.at(-1)!];
}

/** No nouns, or nouns whose "that" says what is claimed. */
const NO_HEADS =
  /^(?:answer|answers|true|false|sure|certain|clear|wrong|right|correct|say|says|said|think|believe|know|doubt|mean|means|claim|claims|idea|fact|chance|possible|impossible|likely|unlikely|not|now|see|find|show|follows|conclude|assume|suppose|given|is|was|and|but)$/;
const CONTENT_WORDS = /^(?:the|answer|it)$/;
const REJECTED = /^(?:wrong|incorrect|false|eliminated|excluded|rejected|invalid|discarded)$/;

/** Behind a letter: the end of a sentence in languages whose verb stands last. */
const ENDS =
  /^(?:है|हैं|です|だ|である|になります|입니다|이다|예요|이에요|번|正确|正確|是正确的|是正確的|对|正解|선택지|选项|選項|项|項)$/;

/** "D works", "D fits". */
const ASSERTED_BEHIND = /^(?:works|fits|holds|satisfies|matches|正确|正確|是正确的|是正確的|对)$/;
const ONLY = /^(?:only|so|thus|hence|therefore)$/i;
const LONE_DENIAL = /^(?:no|not|wrong|false|incorrect)$/;

const POINTERS: ReadonlySet<string> = new Set(
  'option options choice letter alternative answer choose chose pick select with because sure definitely clearly simply just indeed only réponse antwort respuesta la le el die die lettre letra opción option'.split(
    ' ',
  ),
);

/** Denials that oppose one option to another. */
const CONTRASTS = /^(?:not|never|rather|instead|neither|cannot|can['’]t|isn['’]t|nicht|pas|no|non|não|не)$|[不非没]/i;

const AUXILIARIES: ReadonlySet<string> = new Set('does do did can cannot could will would should has had'.split(' '));

const PREDICATE: ReadonlySet<string> = new Set(
  'the correct right true valid best answer one option choice letter solution here then'.split(' '),
);
