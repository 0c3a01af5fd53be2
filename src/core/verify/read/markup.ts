/**
 * Text without the markup that says nothing about a value, and with other spellings in the one the tokenizer knows:
 * colours, HTML emphasis, the space behind a row, systems of equations, bases in words, siunitx. What hides something
 * (white letters, `\phantom`, `<del>`) stays, and cannot be read. Linear time: every pattern is bounded.
 */
export function foldMarkup(text: string): string {
  if (!MARKED.test(text)) return text;
  let folded = text;
  if (folded.includes('\\')) folded = foldCommands(folded);
  if (folded.includes('<')) folded = foldHtml(folded);
  if (SPELLED.test(folded))
    for (const [sign, pattern, written] of SPELLINGS)
      if (folded.includes(sign)) folded = folded.replace(pattern, written);
  if (folded.includes('[') || folded.includes(']')) folded = folded.replace(INTERVAL, foldInterval);
  if (folded.includes('b) ') || folded.includes('(ii)')) folded = foldTags(folded);
  return folded.includes('ase') || folded.includes('0b') || folded.includes(')_') || folded.includes('_{')
    ? foldBases(folded)
    : folded;
}

function foldCommands(text: string): string {
  let folded = text;
  if (folded.includes('color')) folded = folded.replace(COLOUR, '');
  if (folded.includes('\\\\[')) folded = folded.replace(ROW_SPACE, '\\\\');
  if (folded.includes('\\S') || folded.includes('\\q'))
    folded = folded.replace(/\\(?:SI|qty) ?\{([^{}\\]{1,60})\} ?\{([^{}\\]{1,40})\}/g, '$1\\,\\mathrm{$2}');
  if (folded.includes('prime')) folded = folded.replace(/(\d) ?\^ ?(?:\{ ?\\prime ?\}|\\prime(?![A-Za-z]))/g, "$1'");
  if (folded.includes('\\text'))
    folded = folded.replace(/\\text ?\{ ?(USD|EUR|GBP|CHF|INR|JPY|CNY|RMB) ?\} ?(?=\d)/g, '$1 ');
  if (folded.includes('\\Pr')) folded = folded.replace(/\\Pr(?![A-Za-z])/g, '\\text{Pr}');
  return folded.includes('\\begin{') ? foldSystems(folded) : folded;
}

/** A colour that can be seen on paper. */
const COLOUR =
  /\\(?:textcolor|color) ?(?:\[[A-Za-z]{1,8}\] ?)?\{ ?(?!white|transparent)[A-Za-z][A-Za-z\d!.-]{0,30} ?\}/g;

/** `\\[4pt]`. */
const ROW_SPACE = /\\\\\[ ?\d{0,3}(?:\.\d{1,3})? ?(?:pt|em|ex|mm|cm)\]/g;

/** `<b>7</b>`, `x<sup>2</sup>`: what is opened and closed, and line breaks. */
function foldHtml(text: string): string {
  let folded = text.replace(/<br ?\/?>/gi, ' ');
  if (!folded.includes('</')) return folded;
  folded = folded
    .replaceAll('<sup>', '^{')
    .replaceAll('<sub>', '_{')
    .replaceAll('</sup>', '}')
    .replaceAll('</sub>', '}');
  for (const name of EMPHASIS)
    if (folded.includes(`</${name}>`)) folded = folded.replaceAll(`<${name}>`, ' ').replaceAll(`</${name}>`, ' ');
  return folded;
}

const EMPHASIS = ['b', 'strong', 'i', 'em', 'u', 'mark', 'p', 'span', 'center', 'code'];

/** A sign that must be there, the spelling, and how it is written else. */
const SPELLINGS: readonly (readonly [string, RegExp, string])[] = [
  ['+/-', /\+\/-/g, '\\pm '],
  ['plus or minus', /(?<![A-Za-z])plus or minus(?![A-Za-z])/g, '\\pm '],
  ['cbrt', /(?<![A-Za-z\\])cbrt ?(?=\()/g, '\\sqrt[3]'],
  ['log', /(?<![A-Za-z\\])log_?(\d{1,2})(?=\()/g, '\\log_{$1}'],
  ['ratio', /(?<=ratio[^\d\n]{0,40})(\d{1,9}) to (\d{1,9})(?![\d.])/g, '$1:$2'],
  ['U', /([)\]}]) ?U ?(?=[([{\\])/g, '$1\\cup '],
  ['union', /([)\]}]) ?union ?(?=[([{\\])/g, '$1\\cup '],
  // `x1 = 3` can only be the name of a value.
  ['=', /(?<![A-Za-z\d\\_^.{])([a-z])(\d) ?(?==)/g, '$1_$2'],
];

/** Any of these signs, and any sign of what is folded at all: most answers have none. */
const SPELLED = /[U=]|\+\/-|plus or minus|cbrt|log|ratio|union/;
const MARKED = /[\\<[\]U=]|b\) |\(ii\)|ase|0b|\)_|_\{|\+\/-|plus or minus|cbrt|log|ratio|union/;

/** A pair in square brackets, whichever way they look. */
const INTERVAL =
  /(?:(?<![A-Za-z\d}\])])|(?<=\\(?:left|in|cup) ?))([[\]])([^[\](),;]{1,60}[,;][^[\](),;]{1,60})([[\]])(?=\s|$|[$.,;)}]|\\(?:cup|text))/g;

/** `]2, 7[` has open ends. */
function foldInterval(whole: string, open: string, inside: string, close: string): string {
  if (open === '[' && close === ']') return whole;
  return `${open === '[' ? '[' : '('}${inside}${close === ']' ? ']' : ')'}`;
}

/** The parts of an answer are tagged with letters in parentheses: `a) 5, b) 7`, `(i) 5, (ii) 7`. */
function foldTags(text: string): string {
  if (/(?:^|[\s,;])a\) [^()]{1,200}[\s,;]b\) /.test(text)) return text.replace(/(^|[\s,;])([a-d])\) /g, '$1($2) ');
  if (!/\(i\) [^()]{1,200}\(ii\) /.test(text)) return text;
  return text.replace(/\((i{1,3}|iv)\) /g, (_, tag: string) => `(${'abcd'[['i', 'ii', 'iii', 'iv'].indexOf(tag)]}) `);
}

/** Environments whose rows are equations or a single value. */
const SYSTEM = /\\begin\{(aligned|split|gathered|cases|array)\}/;

/** The equations of a system as a list; a row that begins with a sign of relation goes on with the one before. */
function foldSystems(text: string): string {
  const open = SYSTEM.exec(text);
  if (open === null) return text;
  const from = open.index + open[0].length;
  const to = text.indexOf(`\\end{${open[1]}}`, from);
  if (to < 0) return text;
  const content = text.slice(from, to).replace(open[1] === 'array' ? /^\{[lcr| ]{1,9}\}/ : /^$/, '');
  const isSystem = open[1] === 'array' || open[1] === 'cases';
  const rows = content.split('\\\\').filter((row) => row.trim() !== '');
  if (content.includes('\\begin{') || rows.length === 0) return text;
  const isPiecewise = open[1] === 'array' && LEFT_BRACE.test(text.slice(0, open.index));
  if (isSystem && !rows.every((row) => row.includes('=') && !/&(?! ?=)/.test(row)))
    return isPiecewise ? foldPiecewise(text, rows, open.index, to + '\\end{array}'.length) : text;
  const joined = rows
    .map((row) => row.replaceAll('&', ' ').trim())
    .reduce((all, row) => `${all}${/^(?:=|<|>|\\(?:le|ge|leq|geq|lt|gt)(?![A-Za-z]))/.test(row) ? ' ' : ', '}${row}`);
  const before = text.slice(0, open.index).replace(LEFT_BRACE, '$1');
  const after = text.slice(to + open[1]!.length + 6).replace(RIGHT_NOTHING, '$1');
  return before + joined + after;
}

/** A brace that is opened and never closed. */
const LEFT_BRACE = /\\left ?\\\{ ?(\$?)$/;
const RIGHT_NOTHING = /^(\$?) ?\\right(?: ?[.]|(?=\s|\$|$))/;

/** `\left\{\begin{array}{ll} x^2, & x > 0 \\ … \end{array}\right.` is a `cases` environment. */
function foldPiecewise(text: string, rows: readonly string[], from: number, to: number): string {
  if (!rows.every((row) => row.split('&').length === 2)) return text;
  const cases = rows.map((row) => row.replace(/[,;]\s{0,4}&/, ' &').trim()).join(' \\\\ ');
  const before = text.slice(0, from).replace(LEFT_BRACE, '$1');
  return `${before}\\begin{cases} ${cases} \\end{cases}${text.slice(to).replace(RIGHT_NOTHING, '$1')}`;
}

/** `1011 (base 2)`, `1011 in base two`, `1011_{\text{two}}`, `(1011)_2`, `0b1011`: the digits with their base below. */
function foldBases(text: string): string {
  return text
    .replace(IN_BASE, (_, digits: string, base: string) => `${digits}_{${BASES[base.toLowerCase()] ?? base}}`)
    .replace(SUBSCRIBED, (_, digits: string, base: string) => `${digits}_{${BASES[base.toLowerCase()] ?? base}}`)
    .replace(/(?<![\dA-Za-z.])0b([01]{1,200})(?![\dA-Za-z.])/g, '$1_{2}');
}

const BASES: Readonly<Record<string, string>> = {
  ...{ two: '2', three: '3', four: '4', five: '5', six: '6', seven: '7', eight: '8', nine: '9', ten: '10' },
  ...{ twelve: '12', sixteen: '16' },
};
const IN_BASE =
  /(?<![\d.A-Za-z])(\d{1,200}) {0,2}(?:\\,)? {0,2}\(?(?:\\text ?\{)? {0,2}\(?(?:in )?base[ -]?\}?(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen)(?![\dA-Za-z])\)?\}?\)?/gi;
const SUBSCRIBED =
  /(?<![\dA-Za-z])\(?(\d{1,200})\)?_ ?\{? ?(?:\\text ?\{|\()? ?(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|twelve|sixteen) ?[})]? ?\}?(?![\dA-Za-z])/g;
