import type { Skipped } from '../verdict.ts';

/**
 * Whether what was read over behind two values says opposite things of them: "25% increase" and "25% decrease", "5 km north" and "5 km
 * south". A word that only one of them has says nothing.
 */
export function sayOpposites(gold: readonly Skipped[], answer: readonly Skipped[]): boolean {
  if (gold.length === 0 || answer.length === 0) return false;
  const [wanted, said] = [listSides(gold), listSides(answer)];
  return [...wanted].some(([group, side]) => said.has(group) && said.get(group) !== side);
}

/** Groups of words of which one value can have only one. */
const GROUPS: readonly string[] = [
  'increase,increased,rise,growth,gain,gained,profit|decrease,decreased,reduction,drop,decline,loss,lost,fall',
  'north,northward,northwards|south,southward,southwards|east,eastward,eastwards|west,westward,westwards',
  'left|right',
  'up,upward,upwards|down,downward,downwards',
  'more|fewer,less',
  'later,after,hence|earlier,before,ago,old',
  'above|below',
  'longer|shorter',
  'older|younger',
  'faster|slower',
  'clockwise|counterclockwise,anticlockwise',
  'red|blue|green|yellow|white|black|orange|purple|pink|brown|grey,gray',
  'boys,boy|girls,girl',
  'men,man|women,woman',
  'am,a.m|pm,p.m',
];

const SIDES: ReadonlyMap<string, readonly [group: number, side: number]> = new Map(
  GROUPS.flatMap((sides, group) =>
    sides
      .split('|')
      .flatMap((words, side) => words.split(',').map((word): [string, [number, number]] => [word, [group, side]])),
  ),
);

/** The sides that words take; a group of which both are named is `-1`, which only the same words meet. */
function listSides(skipped: readonly Skipped[]): ReadonlyMap<number, number> {
  const sides = new Map<number, number>();
  for (const { what, text } of skipped) {
    if (what !== 'noun' && what !== 'unit' && what !== 'remark') continue;
    for (const word of text.toLowerCase().split(/[^a-z.]+/)) {
      const found = SIDES.get(word);
      if (found === undefined) continue;
      const [group, side] = found;
      sides.set(group, sides.has(group) && sides.get(group) !== side ? -1 : side);
    }
  }
  return sides;
}
