import { isRestricting, isValueToken, isWordOf } from './cut-tail.ts';
import { changesNumber } from './number-words.ts';
import { isOtherScript, leadsToValue } from './other-scripts.ts';
import type { Token } from './token.ts';
import { isInfinitive, isVocabulary } from './word-classes.ts';

/** Words that may stand before a value in a sentence that states it: what joins them to it, and what would change it. */

/** A copula, or the colon behind words. */
export function isJoint(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]!;
  if (isWordOf(token, 'copula')) return true;
  return token.kind === 'op' && token.text === ':' && tokens[at - 1]!.kind !== 'number';
}

/** Whether a subject leaves its value alone: it does not deny, and does not state a value of its own. */
export function isLead(words: readonly Token[]): boolean {
  const lead = withoutTerms(words);
  // "It is not 10, it's 11": what was denied is said, and something else follows.
  if (lead.length > 1 && lead.at(-1)!.kind === 'number' && isWordOf(lead.at(-2)!, 'denial')) return true;
  if (
    lead.some(isRestricting) ||
    // What stands before it is another member of a list.
    lead.some(({ kind, text }) => kind === 'op' && text === ';') ||
    makesCases(lead) ||
    standsInReason(lead) ||
    lead.slice(-2).some((token) => isWordOf(token, 'bound') && !EXTREME.test(token.text))
  )
    return false;
  return !lead.some(
    (token, at) =>
      (isWordOf(token, 'copula') || token.text === '=') && lead.slice(at + 1).some((one) => one.kind === 'number'),
  );
}

/** A subject without terms whose words would say something by themselves: "least common multiple", "when N is divided by 7". */
function withoutTerms(lead: readonly Token[]): readonly Token[] {
  if (!lead.some(({ text }) => text === 'common' || text === 'divided')) return lead;
  const word = (at: number) => lead[at]?.text.toLowerCase() ?? '';
  const isTerm = (at: number) => /^(?:least|lowest|greatest|highest)$/.test(word(at)) && word(at + 1) === 'common';
  const at = lead.findIndex((_, k) => isTerm(k));
  const left = at < 0 ? lead : [...lead.slice(0, at), ...lead.slice(at + 3)];
  const when = left.findIndex(({ text }) => /^(?:when|if)$/i.test(text));
  const by = left.findIndex(
    ({ text }, k) =>
      k > Math.max(0, when) && text === 'by' && /^divided$/i.test(left[k - 1]!.text) && left[k + 1]?.kind === 'number',
  );
  return when < 1 || by < 0 || by - when > MAX_DIVISION ? left : [...left.slice(0, when), ...left.slice(by + 2)];
}

/** Tokens from "when" to "divided by". */
const MAX_DIVISION = 12;

/** "If $n$ is even, it is", "If only it were": the value of one case, or of none; "If she sells all books, she earns" says what was asked. */
function makesCases(lead: readonly Token[]): boolean {
  const at = lead.findIndex((token) => isWordOf(token, 'condition'));
  if (at < 0) return false;
  const comma = lead.findIndex(({ text }, k) => k > at && text === ',');
  return lead
    .slice(at + 1, comma < 0 ? lead.length : comma)
    .some(({ text, zone }) => zone === 'math' || /^only$/i.test(text));
}

/**
 * "36, since there are", "36, and there are": the value behind it belongs to what is said of another one. "As" alone also
 * compares, and a reason that stands first has its clause behind it.
 */
function standsInReason(lead: readonly Token[]): boolean {
  const from = lead.findLastIndex(({ text }) => text === ',');
  const clause = lead.slice(from + 1);
  const opensReason = (token: Token, at: number) =>
    isWordOf(token, 'reason') &&
    (/^(?:since|because)$/i.test(token.text)
      ? from + 1 + at > 0
      : (at === 0 && from > 0) || (at > 0 && isValueToken(clause[at - 1]!, at - 1, clause)));
  if (clause.some(opensReason)) return true;
  return from > 0 && ATTACHES.test(clause[0]?.text ?? '') && lead.slice(0, from).some(isValueToken);
}

/** What attaches a clause to a value before it. */
const ATTACHES = /^(?:and|but|if|when|where|while|for|i\.?e\.?|given)$/i;

/** "The minimum is 5": what has the value, and no bound of it. */
const EXTREME = /^(?:maximum|minimum)$/i;

/** Whether words and numbers before an equation leave it alone: no denial, no condition, no reason it belongs to. */
export function isClear(lead: readonly Token[]): boolean {
  const changes = (token: Token, at: number) =>
    isRestricting(token) || isWordOf(token, 'condition') || (at > 0 && isWordOf(token, 'reason'));
  const clause = lead.slice(lead.findLastIndex(({ text }) => text === ',') + 1);
  // "a third of AB" is another value than AB.
  const isPart = (token: Token, at: number) =>
    token.kind === 'word' && changesNumber(token.text) && lead[at + 1]?.text === 'of';
  if (lead.some(changes) || lead.some(isPart) || clause.some((token) => isWordOf(token, 'bound'))) return false;
  const last = lead.at(-1);
  return last === undefined || !isWordOf(last, 'preposition') || isPhrase(lead);
}

/** The `A` of "the distance from $A$ to $B$". */
export const isPoint = ({ kind, text, zone }: Token): boolean =>
  kind === 'letter' && zone === 'math' && /^[A-Z]$/.test(text);

/** Whether words end in a verb whose object a value may be: "she earned", "which leaves her with", "a total of". */
export function isVerbLead(lead: readonly Token[]): boolean {
  if (lead.some(({ kind, text }) => kind === 'number' || (kind === 'op' && text !== ','))) return false;
  const end = findVerbEnd(lead);
  const verb = lead[end - 1];
  if (verb === undefined) return false;
  if (isPhrase(lead.slice(0, end))) return true;
  if (isWordOf(verb, 'verb') || isWordOf(verb, 'copula')) return true;
  if (isOtherScript(verb.text)) return leadsToValue(verb.text);
  return isUnknownVerb(lead[end - 2], verb);
}

/** Behind the last word that may be a verb; "took him", "took Tom" have whom it is about between verb and value. */
function findVerbEnd(lead: readonly Token[]): number {
  const end = lead.findLastIndex((token) => !isTrailing(token)) + 1;
  const [verb, person] = [lead[end - 2], lead[end - 1]];
  const isAbout =
    verb !== undefined && TAKES_PERSON.test(verb.text) && /^(?:him|them|us|me|[A-Z][a-z]{1,15})$/.test(person!.text);
  return isAbout ? end - 1 : end;
}

const TAKES_PERSON = /^(?:took|takes?|costs?|gives?|gave|leaves?|left|earn(?:s|ed)?|sav(?:es?|ed))$/i;

/** What may stand between a verb and its value. */
function isTrailing(token: Token): boolean {
  if (token.kind === 'letter') return token.text === 'a';
  if (isWordOf(token, 'verb') || isWordOf(token, 'copula')) return false;
  return isWordOf(token, 'filler') || isWordOf(token, 'approximation');
}

/** A verb that no list has, by its place behind a pronoun or its form behind a noun: "she bakes", "Tom baked", "il a". */
function isUnknownVerb(before: Token | undefined, { kind, text, zone }: Token): boolean {
  if (before === undefined || zone === 'math') return false;
  if (MODALS.test(before.text)) return isInfinitive(text);
  if (PRONOUNS.has(before.text.toLowerCase()))
    return kind === 'word' ? !NO_VERBS.has(text.toLowerCase()) : text === 'a' && /^(?:il|elle|on)$/i.test(before.text);
  if (kind !== 'word' || before.kind !== 'word' || !/^[a-z]{2,}(?:s|ed)$/.test(text)) return false;
  if (isVocabulary(text) || !/^[A-Za-z'’]+$/.test(before.text)) return false;
  return !['preposition', 'filler', 'copula', 'verb'].some((name) => isWordOf(before, name as 'verb'));
}

/** "has to pick", "will pick". */
const MODALS = /^(?:to|will|can|must)$/i;

export const DETERMINERS: ReadonlySet<string> = new Set('the these those both all any such'.split(' '));

/** "She planted the tree 3 years ago": a quantity that no verb has for its object. */
export const MEASURES: ReadonlySet<string> = new Set('ago later earlier away apart ahead'.split(' '));

const PRONOUNS: ReadonlySet<string> = new Set(
  'he she it they we you i there il elle ils elles on nous vous'.split(' '),
);
const NO_VERBS: ReadonlySet<string> = new Set('of in on at for from to with by per into compare need'.split(' '));

/** "a total of", "increases by", "comes to", "leaves her with". */
function isPhrase(lead: readonly Token[]): boolean {
  const [before, last] = [lead.at(-2)?.text.toLowerCase() ?? '', lead.at(-1)!.text.toLowerCase()];
  switch (last) {
    case 'of':
      return /^(?:answer|result|ratio|total|profit|amount|value|distance|area|cost|price|weight|length|speed|age|average|change|income|number)$/.test(
        before,
      );
    case 'by':
      return /^(?:increases?d?|decreases?d?|grows?|grew|rises?|rose|falls?|fell|drops?|dropped|given)$/.test(before);
    case 'to':
      return /^(?:comes?|came|amounts?|amounted|simplifies|reduces|evaluates|sums|adds|totals?|equal)$/.test(before);
    case 'with':
      return /^(?:left|ends?|ended|up|her|him|them)$/.test(before);
    default:
      return last === 'in' && /^(?:saves?|earns?|makes?|took|takes)$/.test(before);
  }
}

export function skipFillers(tokens: readonly Token[]): readonly Token[] {
  let from = isPhrase(tokens.slice(0, 2)) || /^in (?:total|all)$/i.test(writeWords(tokens)) ? 2 : 0;
  // "au plus 7" bounds.
  const isBound = (at: number) => /^(?:plus|moins|maximum|minimum)$/i.test(tokens[at]?.text ?? '');
  while (from < tokens.length - 1 && isWordOf(tokens[from]!, 'filler') && !isBound(from + 1)) from += 1;
  return tokens.slice(from);
}

function writeWords(tokens: readonly Token[]): string {
  return `${tokens[0]?.text} ${tokens[1]?.text}`;
}
