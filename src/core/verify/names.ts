/** Functions of one argument the verifier evaluates. */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  'sin',
  'cos',
  'tan',
  'cot',
  'sec',
  'csc',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'log',
  'ln',
  'exp',
]);

/** Functions of several arguments in parentheses. */
export const LIST_FUNCTIONS: ReadonlySet<string> = new Set(['max', 'min', 'gcd', 'lcm']);

const GREEK = [
  'alpha',
  'beta',
  'gamma',
  'delta',
  'epsilon',
  'varepsilon',
  'zeta',
  'eta',
  'theta',
  'vartheta',
  'iota',
  'kappa',
  'lambda',
  'mu',
  'nu',
  'xi',
  'rho',
  'sigma',
  'tau',
  'upsilon',
  'phi',
  'varphi',
  'chi',
  'psi',
  'omega',
  'Gamma',
  'Delta',
  'Theta',
  'Lambda',
  'Xi',
  'Pi',
  'Sigma',
  'Phi',
  'Psi',
  'Omega',
  'ell',
];

/** Named symbols: Greek letters and `\ell`. */
export const SYMBOLS: ReadonlySet<string> = new Set(GREEK);

const STRUCTURE = [
  'frac',
  'sqrt',
  'pi',
  'infty',
  'and',
  'or',
  'pm',
  'mp',
  'cup',
  'cap',
  'in',
  'approx',
  'equiv',
  'sim',
  'setminus',
  'emptyset',
  'binom',
  'begin',
  'end',
  'langle',
  'rangle',
  'lfloor',
  'rfloor',
  'lceil',
  'rceil',
  'sum',
  'prod',
  'ldots',
  'overline',
  'pmod',
];

const KNOWN: ReadonlySet<string> = new Set([...FUNCTIONS, ...LIST_FUNCTIONS, ...GREEK, ...STRUCTURE]);

/** Whether a command is a name the grammar knows. */
export function isKnownName(name: string): boolean {
  return KNOWN.has(name);
}

const PLAIN: ReadonlySet<string> = new Set([
  ...FUNCTIONS,
  ...LIST_FUNCTIONS,
  'sqrt',
  'pi',
  'infty',
  'and',
  'or',
  'theta',
]);

/** Whether a run of letters without a backslash is read as a name. */
export function isPlainName(name: string): boolean {
  return PLAIN.has(name);
}

/** Two-letter unit words; longer words after a number are taken for units without a list. */
const SHORT_UNITS: ReadonlySet<string> = new Set([
  'cm',
  'mm',
  'km',
  'dm',
  'kg',
  'mg',
  'lb',
  'oz',
  'ft',
  'in',
  'yd',
  'mi',
  'hr',
  'ml',
  'kW',
  'Hz',
  'am',
  'pm',
  'AM',
  'PM',
  'mL',
]);

/** Whether a word of two letters after a number is a unit rather than a product of symbols. */
export function isUnitWord(word: string): boolean {
  return SHORT_UNITS.has(word);
}

/** Names, beyond functions and symbols, with which a factor begins. */
export const FACTOR_NAMES: ReadonlySet<string> = new Set([
  'pi',
  'infty',
  'frac',
  'sqrt',
  'binom',
  'lfloor',
  'lceil',
  'sum',
  'prod',
  'begin',
  'overline',
]);
/** Environments that are matrices. */
export const MATRICES: ReadonlySet<string> = new Set([
  'pmatrix',
  'bmatrix',
  'vmatrix',
  'Bmatrix',
  'Vmatrix',
  'matrix',
  'smallmatrix',
  'array',
]);
/** Functions that have an inverse when their exponent is -1. */
export const INVERSES: Readonly<Record<string, string>> = { sin: 'asin', cos: 'acos', tan: 'atan' };
