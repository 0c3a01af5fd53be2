/** Words of the language of formulas: what a command or a plain name means. */

function words(text: string): readonly string[] {
  return text.split(' ');
}

/** Functions of one argument that are only named: equal where their arguments are. */
export const UNKNOWN_FUNCTIONS: ReadonlySet<string> = new Set(words('erf erfc erfi'));

/** Functions of one argument. */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  ...words('sin cos tan cot sec csc asin acos atan asec acsc acot log ln exp sgn'),
  ...words('sinh cosh tanh sech csch coth asinh acosh atanh asech acsch acoth'),
  ...UNKNOWN_FUNCTIONS,
]);

/** Functions of several arguments in parentheses. */
export const LIST_FUNCTIONS: ReadonlySet<string> = new Set(words('max min gcd lcm floor ceil abs'));

/** Functions that have an inverse when their exponent is -1. */
export const INVERSES: Readonly<Record<string, string>> = {
  ...{ sin: 'asin', cos: 'acos', tan: 'atan', sec: 'asec', csc: 'acsc', cot: 'acot' },
  ...{ sinh: 'asinh', cosh: 'acosh', tanh: 'atanh', sech: 'asech', csch: 'acsch', coth: 'acoth' },
};

const GREEK = words(
  'alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau upsilon ' +
    'phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell hbar',
);

/** Named symbols: Greek letters, `\ell`, `\hbar`. */
export const SYMBOLS: ReadonlySet<string> = new Set(GREEK);

/** Names, beyond functions and symbols, with which a factor begins. */
export const FACTOR_NAMES: ReadonlySet<string> = new Set(
  words('pi infty frac sqrt binom lfloor lceil sum prod begin overline'),
);

const STRUCTURE = words(
  'frac sqrt pi infty and or pm mp cup cap in notin approx equiv sim setminus emptyset binom begin end langle rangle ' +
    'lfloor rfloor lceil rceil sum prod ldots overline pmod bmod choose mid forall exists reals integers naturals rationals ' +
    'complexes not angle triangle to Rightarrow over quad prime circ degree',
);

const KNOWN: ReadonlySet<string> = new Set([...FUNCTIONS, ...LIST_FUNCTIONS, ...GREEK, ...STRUCTURE]);

/** Whether a command is a name the grammar knows. */
export function isKnownName(name: string): boolean {
  return KNOWN.has(name);
}

const PLAIN: ReadonlySet<string> = new Set([
  ...FUNCTIONS,
  ...LIST_FUNCTIONS,
  ...words('sqrt pi infty and or theta alpha beta'),
]);

/** Whether a run of letters without a backslash is read as a name. */
export function isPlainName(name: string): boolean {
  return PLAIN.has(name);
}

/** Accents: a letter with one is another symbol. */
export const ACCENTS: ReadonlySet<string> = new Set(
  words('overline bar hat widehat tilde widetilde vec overrightarrow dot ddot'),
);

/** Environments that are matrices. */
export const MATRICES: ReadonlySet<string> = new Set(
  words('pmatrix bmatrix vmatrix Bmatrix Vmatrix matrix smallmatrix array'),
);

/** Commands without meaning for the value. */
export const IGNORED: ReadonlySet<string> = new Set(
  words(
    'left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr displaystyle textstyle scriptstyle ' +
      'limits nolimits mathstrut strut rm bf it tt sf cal normalfont nonumber boxed fbox ensuremath ' +
      'therefore because underbrace num tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge ' +
      'bfseries itshape rmfamily sffamily boldmath unboldmath noindent centering',
  ),
);

export const SPACES: ReadonlySet<string> = new Set(
  words('quad qquad enspace thinspace medspace thickspace space hfill newline'),
);

/** Commands whose argument is text. */
export const TEXT_COMMANDS: ReadonlySet<string> = new Set(
  words('text textbf textit textrm textsf texttt textsc textup textmd mbox hbox textnormal emph underline'),
);

/** Commands whose argument is set upright or in another alphabet: letters are letters, longer runs words. */
export const ROMAN_COMMANDS: ReadonlySet<string> = new Set(
  words('mathrm mathbf mathit mathsf mathtt mathcal mathfrak boldsymbol bm operatorname mathop pmb'),
);

export const ALIASES: Readonly<Record<string, string>> = {
  ...{ dfrac: 'frac', tfrac: 'frac', cfrac: 'frac', nicefrac: 'frac', sfrac: 'frac', dbinom: 'binom', tbinom: 'binom' },
  ...{ leq: 'le', leqslant: 'le', leqq: 'le', geq: 'ge', geqslant: 'ge', geqq: 'ge', lt: '<', gt: '>', neq: 'ne' },
  ...{ times: 'cdot', ast: 'cdot', bullet: 'cdot', colon: ':', mathbin: 'cdot' },
  ...{ lbrace: '\\{', rbrace: '\\}', lbrack: '[', rbrack: ']', lparen: '(', rparen: ')' },
  ...{ vert: '|', lvert: '|', rvert: '|', mid: '|', Vert: '|', lVert: '|', rVert: '|' },
  ...{ top: 'T', degree: '°', land: 'and', lor: 'or', wedge: 'and', vee: 'or' },
  ...{ varnothing: 'emptyset', rightarrow: 'to', longrightarrow: 'to', mapsto: 'to', backslash: 'setminus' },
  ...{ implies: 'Rightarrow', Longrightarrow: 'Rightarrow', iff: 'Rightarrow', Leftrightarrow: 'Rightarrow' },
  ...{ dots: 'ldots', dotsc: 'ldots', cdots: 'ldots', dotsb: 'ldots', dotsm: 'ldots', vdots: 'ldots' },
  ...{ thickapprox: 'approx', simeq: 'approx', cong: 'approx', doteq: 'approx' },
  ...{ arcsin: 'asin', arccos: 'acos', arctan: 'atan', arctg: 'atan', tg: 'tan', ctg: 'cot', cosec: 'csc', lg: 'log' },
  ...{ arcsec: 'asec', arccsc: 'acsc', arccot: 'acot', arcctg: 'acot', cosech: 'csch' },
  ...{ arcsinh: 'asinh', arccosh: 'acosh', arctanh: 'atanh', arsinh: 'asinh', arcosh: 'acosh', artanh: 'atanh' },
  ...{ arcsech: 'asech', arccsch: 'acsch', arccoth: 'acoth', arsech: 'asech', arcsch: 'acsch', arcoth: 'acoth' },
  ...{ infinity: 'infty', inf: 'infty', oo: 'infty', Infinity: 'infty' },
  ...{
    ceiling: 'ceil',
    Abs: 'abs',
    sign: 'sgn',
    signum: 'sgn',
    sqcup: 'cup',
    uplus: 'cup',
    cupdot: 'cup',
    bigcup: 'cup',
    bigcap: 'cap',
  },
  ...{ Reals: 'reals', reals: 'reals', mod: 'bmod', isin: 'in', varepsilon: 'epsilon', pounds: 'currency' },
  ...{ euro: 'currency', yen: 'currency', dollar: 'currency', textdollar: 'currency', textcirc: '°', textdegree: '°' },
  ...{ epsilon: 'epsilon', vartheta: 'theta', varphi: 'phi', tbinomial: 'binom' },
};

/** Commands that are written as one sign. */
export const OPERATORS: Readonly<Record<string, string>> = {
  ...{ le: '<=', ge: '>=', ne: '!=', cdot: '*', div: '/', '<': '<', '>': '>' },
};

/** Whether a command means something to the tokenizer itself. */
export function isCommand(name: string): boolean {
  return (
    IGNORED.has(name) ||
    SPACES.has(name) ||
    TEXT_COMMANDS.has(name) ||
    ROMAN_COMMANDS.has(name) ||
    Object.hasOwn(ALIASES, name) ||
    Object.hasOwn(OPERATORS, name)
  );
}
