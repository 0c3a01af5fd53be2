/** Words of the sentences that state answers. */

/** Things one counts; no word that multiplies, bounds or compares. */
export const NOUNS: readonly string[] = [
  ...[
    'clips',
    'apples',
    'students',
    'eggs',
    'marbles',
    'tickets',
    'books',
    'cookies',
    'ways',
    'points',
    'cars',
    'chairs',
  ],
  ...[
    'red balloons',
    'pages of the book',
    'trees',
    'people',
    'minutes of homework',
    'stickers',
    'integers',
    'solutions',
  ],
  ...['cups of flour', 'boxes of pencils', 'triangles', 'subsets', 'paths', 'coins', 'kilometers of track'],
];

/** Things that have a value. */
export const SUBJECTS: readonly string[] = [
  ...['the area of the triangle', 'the length of the diagonal', 'the sum of the roots', 'the number of students'],
  ...['the total cost', 'the value of the expression', 'her profit', 'the probability', 'the perimeter of the field'],
  ...['the remainder', 'the slope of the line', 'the value of $x$', 'the area of triangle $ABC$', 'the smallest $n$'],
  ...['the distance from $A$ to $B$', 'the value of \\(k\\)'],
];

/** Units by dimension; two of one dimension differ in scale. */
export const UNITS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  length: [
    ['cm', 'centimeters', 'centimetres'],
    ['m', 'meters', 'metres'],
    ['km', 'kilometers'],
    ['mm', 'millimeters'],
    ['feet', 'ft'],
    ['inches', 'in'],
    ['miles', 'mi'],
  ],
  mass: [
    ['kg', 'kilograms'],
    ['g', 'grams'],
    ['pounds', 'lb'],
  ],
  time: [['hours', 'h'], ['minutes', 'min'], ['seconds', 's'], ['days'], ['weeks'], ['years']],
  speed: [
    ['km/h', 'kilometers per hour'],
    ['m/s', 'meters per second'],
    ['mph', 'miles per hour'],
  ],
  volume: [['liters', 'L'], ['ml', 'milliliters'], ['gallons']],
};

/** Squares and cubes of lengths. */
export const POWER_UNITS: readonly (readonly string[])[] = [
  ['\\text{ cm}^2', 'cm^2', 'square centimeters', 'cm²', 'sq cm'],
  ['\\text{ m}^2', 'm^2', 'square meters', 'm²'],
  ['\\text{ ft}^2', 'ft^2', 'square feet', 'ft²'],
  ['\\text{ cm}^3', 'cm^3', 'cubic centimeters', 'cm³'],
  ['\\text{ m}^3', 'm^3', 'cubic meters', 'm³'],
];

export const NAMES: readonly string[] = [
  ...['Evelyn', 'Navin', 'Alice', 'Bob', 'Maria', 'Tuesday', 'Thursday', 'June 20', 'ellipse', 'parallelogram'],
  ...['hyperbola', 'east', 'west', 'odd', 'even', 'isosceles', 'scalene', 'red', 'green', 'Paris', 'convergent'],
];
