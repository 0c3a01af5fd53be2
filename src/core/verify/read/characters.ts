import { foldMarkup } from './markup.ts';

/**
 * What a character stands for, in ASCII or as a command. Signs that look alike are folded because models write any
 * of them; what is in no table here stays as it is, and the parser refuses it: a mark that cannot be read may be a
 * sign, and no number begins behind it.
 */
const FOLDED: ReadonlyMap<string, string> = new Map([
  ...spread('\u2212\u2010\u2011\u02d7\ufe63\uff0d\u2796\ufe58\u2043\u23af', '-'),
  ...spread('\u00d7\u2a2f\u2715\u2716', '\\times '),
  ...spread('\u00b7\u22c5\u2219\u2217\u30fb', '\\cdot '),
  ...spread('\u00f7\u2044\u2215\uff0f', '/'),
  ...spread('\u03c0\ud835\udf0b', '\\pi '),
  ...spread('\u221e', '\\infty '),
  ...spread('\u2264\u2a7d\u2266', '\\le '),
  ...spread('\u2265\u2a7e\u2267', '\\ge '),
  ...spread('\u2260', '\\ne '),
  ...spread('\u222a\u2294', '\\cup '),
  ...spread('\u2229', '\\cap '),
  ...spread('\u2208', '\\in '),
  ...spread('\u2209', '\\notin '),
  ...spread('\u2248\u2243\u2245', '\\approx '),
  ...spread('\u2261', '\\equiv '),
  ...spread('\u223c', '\\sim '),
  ...spread('\u00b1', '\\pm '),
  ...spread('\u2213', '\\mp '),
  ...spread('\u2216', '\\setminus '),
  ...spread('\u2205', '\\emptyset '),
  ...spread('\u2200', '\\forall '),
  ...spread('\u2203', '\\exists '),
  ...spread('\u2220', '\\angle '),
  ...spread('\u21d2\u27f9', '\\Rightarrow '),
  ...spread('\u2234', '\\therefore '),
  ...spread('\u2103', '\\degree C'),
  ...spread('\u2109', '\\degree F'),
  ...spread('\u2192', '\\to '),
  ...spread('\u2211', '\\sum '),
  ...spread('\u220f', '\\prod '),
  ...spread('\u2223', '\\mid '),
  ...spread('\u2026', '\\ldots '),
  ...spread('\u230a', '\\lfloor '),
  ...spread('\u230b', '\\rfloor '),
  ...spread('\u2308', '\\lceil '),
  ...spread('\u2309', '\\rceil '),
  ...spread('\u27e8\u2329', '\\langle '),
  ...spread('\u27e9\u232a', '\\rangle '),
  ...spread('\u210f', '\\hbar '),
  ...spread('\u2113', '\\ell '),
  ...spread('\u211d', '\\mathbb{R}'),
  ...spread('\u2124', '\\mathbb{Z}'),
  ...spread('\u2115', '\\mathbb{N}'),
  ...spread('\u211a', '\\mathbb{Q}'),
  ...spread('\u2102', '\\mathbb{C}'),
  ...spread('\u221a', '\\sqrt '),
  ...spread('\u221b', '\\sqrt[3]'),
  ...spread('\u00b0\u02da\u00ba', '\\degree '),
  ...spread('\u2032\u2019\u02b9', "'"),
  ...spread('\u2033\u201c\u201d', '"'),
  ...spread('\u20ac', '\\euro '),
  ...spread('\u00a3', '\\pounds '),
  ...spread('\u00a5', '\\yen '),
  ...spread('\u3001\u060c\ufe50', ','),
  ...spread('\u3002\u0964', '. '),
  ...spread('\u061b\ufe54', ';'),
  ...spread('\u066a\ufe6a', '%'),
  ...spread('\u2236\ufe55', ':'),
  ...spread('\u300c\u300d\u300e\u300f\u00ab\u00bb', '"'),
  ...spread('\u066b', '.'),
  ...spread('\u066c', ','),
  ...spread('\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u2028\u2029', ' '),
  ...spread('\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u200e\u200f\ufe0e\ufe0f', ''),
  ...['\u03b1 alpha', '\u03b2 beta', '\u03b3 gamma', '\u03b4 delta', '\u03b5 epsilon', '\u03b8 theta'].map(toGreek),
  ...['\u03bb lambda', '\u03bc mu', '\u03c1 rho', '\u03c3 sigma', '\u03c4 tau', '\u03c6 phi'].map(toGreek),
  ...['\u03c8 psi', '\u03c9 omega', '\u0394 Delta', '\u03a9 Omega', '\u03d5 phi', '\u03b7 eta'].map(toGreek),
  ...['\u03be xi', '\u03bd nu', '\u03ba kappa', '\u03b6 zeta', '\u03c7 chi', '\u0393 Gamma'].map(toGreek),
  ...['\u03a6 Phi', '\u03a8 Psi', '\u039b Lambda', '\u03a3 Sigma', '\u0398 Theta', '\u03d1 theta'].map(toGreek),
]);

function spread(characters: string, to: string): [string, string][] {
  return [...characters].map((character) => [character, to]);
}

function toGreek(pair: string): [string, string] {
  const [character, name] = pair.split(' ');
  return [character!, `\\${name} `];
}

/** Dashes that are a minus sign, unless they stand between two numbers without blanks: then they mean "to". */
const DASHES = '\u2012\u2013\u2014\u2015';

const SUPERSCRIPTS = '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b\u207d\u207e\u207f\u2071';
const SUPERSCRIPT_VALUES = '0123456789+-()ni';
const SUBSCRIPTS = '\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089\u208a\u208b\u2090\u2099\u1d62\u2096';
const SUBSCRIPT_VALUES = '0123456789+-anik';

/** Zeros of scripts whose digits are read; the other nine follow each. */
const ZEROS: readonly number[] = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10];

const ASCII = /^[\t\n\r\x20-\x7e]*$/;

/** Replaces look-alike characters by the ASCII or command form the tokenizer knows. Linear time. */
export function foldCharacters(text: string): string {
  if (ASCII.test(text)) return foldMarkup(text);
  const folded: string[] = [];
  const characters = [...text];
  const hasSymbolM = SYMBOL_M.test(text);
  for (let k = 0; k < characters.length; ) {
    const taken = foldRun(characters, k, SUPERSCRIPTS, SUPERSCRIPT_VALUES, '^', folded, hasSymbolM);
    k += taken > 0 ? taken : foldRun(characters, k, SUBSCRIPTS, SUBSCRIPT_VALUES, '_', folded, hasSymbolM);
    if (k < characters.length && !isRaised(characters[k]!)) {
      folded.push(foldOne(characters, k));
      k += 1;
    }
  }
  return foldMarkup(folded.join(''));
}

function isRaised(character: string): boolean {
  return character > '\x7f' && (SUPERSCRIPTS.includes(character) || SUBSCRIPTS.includes(character));
}

/** A run of raised or lowered characters is one exponent or subscript; returns how many were taken. */
function foldRun(
  characters: readonly string[],
  from: number,
  raised: string,
  values: string,
  mark: string,
  folded: string[],
  hasSymbolM: boolean,
): number {
  let content = '';
  let k = from;
  for (; k < characters.length && characters[k]! > '\x7f'; k += 1) {
    const at = raised.indexOf(characters[k]!);
    if (at < 0) break;
    content += values[at]!;
  }
  // `1,000 m²`: a unit, where a formula would have the square of a symbol; `m² - m` has a symbol.
  if (
    k > from &&
    mark === '^' &&
    folded.at(-1) === 'm' &&
    /^[23]$/.test(content) &&
    !/[A-Za-z]/.test(folded.at(-2) ?? '') &&
    !hasSymbolM
  )
    folded[folded.length - 1] = '\\mathrm{m}';
  if (k > from) folded.push(`${mark}{${content}}`);
  return k - from;
}

/** An `m` that no number stands before, or that is multiplied by another letter: `mn`, `m·n`. */
const SYMBOL_M =
  /(?<![\dA-Za-z\\{}/)]\s?)m(?![A-Za-z\u00b2\u00b3])|(?<![A-Za-z\\])m(?:[abcjknpqrt-z]|\s?[*\u00b7]\s?[a-z])(?![A-Za-z])/;

function foldOne(characters: readonly string[], at: number): string {
  const character = characters[at]!;
  if (character <= '\x7f') return character;
  const known = FOLDED.get(character);
  if (known !== undefined) return known;
  if (DASHES.includes(character)) return isRange(characters, at) ? character : '-';
  const code = character.codePointAt(0)!;
  const zero = ZEROS.find((one) => code >= one && code < one + 10);
  if (zero !== undefined) return String(code - zero);
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0);
  return isStyled(code) ? foldStyled(character) : character;
}

/** Mathematical letters and digits, and fractions in one character. */
function isStyled(code: number): boolean {
  return (code >= 0x1d400 && code <= 0x1d7ff) || (code >= 0xbc && code <= 0xbe) || (code >= 0x2150 && code <= 0x215e);
}

function foldStyled(character: string): string {
  const plain = character.normalize('NFKC');
  const bar = plain.indexOf('\u2044');
  return bar < 0 ? plain : `\\frac{${plain.slice(0, bar)}}{${plain.slice(bar + 1)}}`;
}

/** `3–4` is from 3 to 4; `48 – 24` a difference. */
function isRange(characters: readonly string[], at: number): boolean {
  return /[\d)\]}]/.test(characters[at - 1] ?? '') && /[\d($\\]/.test(characters[at + 1] ?? '');
}
