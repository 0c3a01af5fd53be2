import type { Unit } from '../syntax-tree.ts';
import { divide, makeRational, multiply, type Rational } from '../value/rational.ts';
import type { Token } from './token.ts';
import { NAMES_IN_LANGUAGES } from './unit-names.ts';

interface KnownName {
  readonly dimension: string;
  readonly power: number;
  readonly factor: Rational;
}

/** Base units and their multiples: dimension, power, then `factor: names` with the factor as a fraction. */
const TABLE: readonly (readonly [dimension: string, power: number, units: string])[] = [
  [
    'length',
    1,
    '1:m,meter,metre 1/100:cm,centimeter,centimetre 1/1000:mm,millimeter,millimetre 1/10:dm,decimeter,decimetre ' +
      '1000:km,kilometer,kilometre 1/1000000:micrometer,micron 1/1000000000:nm,nanometer 254/10000:inch,inches,in ' +
      '3048/10000:foot,feet,ft 9144/10000:yard,yd,yds 1609344/1000:mile,mi',
  ],
  ['length', 2, '10000:hectare,ha 40468564224/10000000:acre'],
  [
    'length',
    3,
    '1/1000:L,l,liter,litre 1/1000000:mL,ml,milliliter,millilitre,cc 3785411784/1000000000000:gallon,gal ' +
      '3785411784/4000000000000:quart,qt 3785411784/8000000000000:pint,pt 3785411784/16000000000000:cup',
  ],
  [
    'time',
    1,
    '1:s,sec,second,secs 60:min,minute,mins 3600:h,hr,hour,hrs 86400:day 604800:week,wk 1/1000:ms,millisecond',
  ],
  ['month', 1, '1:month 12:year,yr'],
  [
    'mass',
    1,
    '1/1000:g,gram,gm,gms 1:kg,kilogram,kilo 1/1000000:mg,milligram 1000:tonne 45359237/100000000:lb,pound,lbs ' +
      '45359237/1600000000:oz,ounce 45359237/50000:ton',
  ],
  ['angle', 1, '1:rad,radian'],
  ['gradian', 1, '1:gradian,gon'],
  ['turn', 1, '1:turn,revolution'],
  ['USD', 1, '1:USD,dollar,bucks,buck,usd 1/100:cent,penny,pennies,¢'],
  ['EUR', 1, '1:EUR,euro,eur'],
  ['GBP', 1, '1:GBP,gbp'],
  ['JPY', 1, '1:JPY,yen,jpy'],
  ['CNY', 1, '1:yuan,CNY,RMB,rmb,元'],
  ['INR', 1, '1:rupee,INR,₹'],
  ['CHF', 1, '1:CHF'],
  ['RUB', 1, '1:RUB,ruble,rouble'],
  ['KRW', 1, '1:KRW'],
  ['ILS', 1, '1:ILS,shekel'],
  ['TRY', 1, '1:TRY,lira'],
  ['PHP', 1, '1:PHP'],
  ['THB', 1, '1:THB,baht'],
  ['VND', 1, '1:VND'],
  ['NGN', 1, '1:NGN'],
  ['force', 1, '1:N,newton 1000:kN'],
  ['energy', 1, '1:J,joule 1000:kJ 1000000:MJ'],
  ['watt', 1, '1:W,watt 1000:kW,kilowatt 1000000:MW,megawatt'],
  ['pressure', 1, '1:Pa,pascal 1000:kPa 1000000:MPa'],
  ['volt', 1, '1:V,volt 1000:kV'],
  ['ampere', 1, '1:A,amp,ampere 1/1000:mA'],
  ['ohm', 1, '1:ohm'],
  ['coulomb', 1, '1:C,coulomb'],
  ['tesla', 1, '1:T,tesla'],
  ['hertz', 1, '1:Hz,hertz 1000:kHz 1000000:MHz 1000000000:GHz'],
  ['kelvin', 1, '1:K,kelvin'],
  ['Celsius', 1, '1:Celsius,celsius'],
  ['Fahrenheit', 1, '1:Fahrenheit,fahrenheit'],
  ['mole', 1, '1:mol,mole'],
  ['byte', 1, '1:byte 1000:KB,kB,kilobyte 1000000:MB,megabyte 1000000000:GB,gigabyte'],
  ['unit', 1, '1:unit'],
];

const NAMES: ReadonlyMap<string, KnownName> = readTable();

function readTable(): ReadonlyMap<string, KnownName> {
  const names = new Map<string, KnownName>();
  for (const [dimension, power, units] of TABLE) {
    for (const entry of units.split(' ')) {
      const [factor, list] = entry.split(':') as [string, string];
      const [num, den] = factor.split('/');
      const known = { dimension, power, factor: makeRational(BigInt(num!), BigInt(den ?? '1'))! };
      for (const name of list.split(',')) {
        names.set(name, known);
        if (name.length > 2 && !name.endsWith('s') && /^[a-z]+$/.test(name)) names.set(`${name}s`, known);
      }
    }
  }
  for (const line of NAMES_IN_LANGUAGES) {
    const [base, exponent, ...others] = line.split(' ') as [string, string, ...string[]];
    const { dimension, power, factor } = names.get(base)!;
    let scaled = factor;
    for (let k = 1; k < Number(exponent); k += 1) scaled = multiply(scaled, factor)!;
    for (const name of others) names.set(name, { dimension, power: power * Number(exponent), factor: scaled });
  }
  return names;
}

/** `mph`, `kph`: two units in one word. */
const COMPOUND: Readonly<Record<string, readonly [over: string, under: string]>> = {
  ...{ mph: ['mile', 'hour'], kph: ['km', 'hour'], kmh: ['km', 'hour'], kmph: ['km', 'hour'] },
};

/** Whether a word is the name of a unit, or stands before one. */
export function isUnitWord(word: string): boolean {
  return findName(word) !== null || Object.hasOwn(COMPOUND, word) || Object.hasOwn(POWER_WORDS, word.toLowerCase());
}

/** Abbreviations keep their case (`mg` is not `Mg`); longer names are known in any. */
function findName(word: string): KnownName | null {
  return NAMES.get(word) ?? (word.length > 3 ? (NAMES.get(word.toLowerCase()) ?? null) : null);
}

const POWER_WORDS: Readonly<Record<string, number>> = { square: 2, sq: 2, squared: 2, cubic: 3, cu: 3, cubed: 3 };

/** A unit read from tokens, and the place behind it. */
export interface FoundUnit {
  readonly unit: Unit;
  readonly next: number;
}

/**
 * The known unit that begins at a token: `cm`, `square feet`, `m/s^2`, `miles per hour`. Null when there is none. A
 * single letter counts only where letters are no symbols, or behind a blank when `letters` says so.
 */
export function findUnit(tokens: readonly Token[], from: number, letters: boolean): FoundUnit | null {
  const first = takeFraction(tokens, from) ?? takeTerm(tokens, from, letters);
  if (first === null) return null;
  let { dimensions, factor, next } = first;
  let text = tokens.slice(from, next).map(writeToken).join('');
  for (;;) {
    const joint = findJoint(tokens, next);
    const term = joint === null ? null : takeTerm(tokens, next + joint.length, letters || joint.isWritten);
    if (joint === null || term === null) break;
    dimensions = mergeDimensions(dimensions, term.dimensions, joint.sign);
    factor = (joint.sign > 0 ? multiply : divide)(factor, term.factor) ?? factor;
    text +=
      (joint.sign > 0 ? '' : '/') +
      tokens
        .slice(next + joint.length, term.next)
        .map(writeToken)
        .join('');
    next = term.next;
  }
  return { unit: { text, known: { dimension: nameDimension(dimensions), factor } }, next };
}

function writeToken(token: Token): string {
  return token.text === '{' || token.text === '}' || token.text === '.' ? '' : token.text;
}

interface Term {
  readonly dimensions: ReadonlyMap<string, number>;
  readonly factor: Rational;
  readonly next: number;
}

/** `\frac{\text{m}}{\text{s}}`: one unit over another. */
function takeFraction(tokens: readonly Token[], from: number): Term | null {
  const isAt = (at: number, text: string) => tokens[at]?.text === text;
  if (!isAt(from, 'frac') || !isAt(from + 1, '{')) return null;
  const over = takeTerm(tokens, from + 2, true);
  if (over === null || !isAt(over.next, '}') || !isAt(over.next + 1, '{')) return null;
  const under = takeTerm(tokens, over.next + 2, true);
  if (under === null || !isAt(under.next, '}')) return null;
  const factor = divide(over.factor, under.factor);
  if (factor === null) return null;
  return { dimensions: mergeDimensions(over.dimensions, under.dimensions, -1), factor, next: under.next + 1 };
}

/** `square feet`, `cm^2`, `m`. */
function takeTerm(tokens: readonly Token[], from: number, letters: boolean): Term | null {
  const before = POWER_WORDS[tokens[from]?.text.toLowerCase() ?? ''];
  // `sq. in`.
  const at = before === undefined ? from : tokens[from + 1]?.text === '.' ? from + 2 : from + 1;
  const token = tokens[at];
  if (token === undefined || !mayBeUnit(token, letters || before !== undefined)) return null;
  const compound = COMPOUND[token.text];
  if (compound !== undefined && before === undefined) return takeCompound(compound, at + 1);
  const known = findName(token.text);
  if (known === null || isPreposition(tokens, at)) return null;
  const after = takePower(tokens, tokens[at + 1]?.text === '.' ? at + 2 : at + 1);
  const exponent = before ?? after.exponent;
  let factor = known.factor;
  for (let k = 1; k < Math.abs(exponent); k += 1) factor = multiply(factor, known.factor)!;
  if (exponent < 0) factor = divide({ num: 1n, den: 1n }, factor)!;
  return { dimensions: new Map([[known.dimension, known.power * exponent]]), factor, next: after.next };
}

function mayBeUnit(token: Token, letters: boolean): boolean {
  if (token.kind === 'currency' || token.kind === 'word') return true;
  return token.kind === 'letter' && (letters || token.zone === 'text' || token.zone === 'roman');
}

/** "5 in total" is no length. */
function isPreposition(tokens: readonly Token[], at: number): boolean {
  return tokens[at]!.text === 'in' && tokens[at + 1]?.kind === 'word';
}

function takeCompound([over, under]: readonly [string, string], next: number): Term {
  const [a, b] = [NAMES.get(over)!, NAMES.get(under)!];
  const dimensions = new Map([
    [a.dimension, a.power],
    [b.dimension, -b.power],
  ]);
  return { dimensions, factor: divide(a.factor, b.factor)!, next };
}

/** `^2`, `^{-1}`, `squared`. */
function takePower(tokens: readonly Token[], at: number): { readonly exponent: number; readonly next: number } {
  const word = POWER_WORDS[tokens[at]?.kind === 'word' ? tokens[at].text.toLowerCase() : ''];
  if (word !== undefined && tokens[at]!.text.endsWith('d')) return { exponent: word, next: at + 1 };
  if (tokens[at]?.text !== '^') return { exponent: 1, next: at };
  const isGroup = tokens[at + 1]?.text === '{';
  let k = isGroup ? at + 2 : at + 1;
  const sign = tokens[k]?.text === '-' ? -1 : 1;
  if (sign < 0) k += 1;
  const token = tokens[k];
  if (token?.kind !== 'number' || !/^[1-4]$/.test(token.text)) return { exponent: 1, next: at };
  if (isGroup && tokens[k + 1]?.text !== '}') return { exponent: 1, next: at };
  return { exponent: sign * Number(token.text), next: isGroup ? k + 2 : k + 1 };
}

interface Joint {
  readonly sign: 1 | -1;
  readonly length: number;
  readonly isWritten: boolean;
}

/** What joins two units: a slash, "per" or "an" (`5 dollars an hour`), a product sign, or nothing. */
function findJoint(tokens: readonly Token[], at: number): Joint | null {
  const token = tokens[at];
  if (token === undefined) return null;
  if (token.text === '/') return { sign: -1, length: 1, isWritten: true };
  if (token.kind === 'word' && /^(?:per|each|an)$/i.test(token.text)) return { sign: -1, length: 1, isWritten: true };
  if (token.kind === 'letter' && token.text === 'a' && token.spaced) return { sign: -1, length: 1, isWritten: true };
  if (token.text === '*') return { sign: 1, length: 1, isWritten: true };
  return token.kind === 'letter' || token.kind === 'word' ? { sign: 1, length: 0, isWritten: false } : null;
}

function mergeDimensions(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
  sign: 1 | -1,
): ReadonlyMap<string, number> {
  const merged = new Map(a);
  for (const [name, power] of b) merged.set(name, (merged.get(name) ?? 0) + sign * power);
  return merged;
}

function nameDimension(dimensions: ReadonlyMap<string, number>): string {
  return [...dimensions]
    .filter(([, power]) => power !== 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, power]) => `${name}^${power}`)
    .join(' ');
}
