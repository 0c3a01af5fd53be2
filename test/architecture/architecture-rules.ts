import type { IRegularForbiddenRuleType } from 'dependency-cruiser';

/** Who may import whom (docs/data-flow.md), as small tables and the dependency-cruiser rules made of them. */

/** A room of the repository: what it may import beside itself. */
interface Room {
  readonly name: string;
  /** Regular expression on the path of its files. */
  readonly path: string;
  readonly mayImport: readonly string[];
  /** Whether `node:*` may be imported. */
  readonly builtins: boolean;
}

const CORE = '^src/core/';
const PORTS = '^src/ports/';
const EDGE = '^src/edge/';
const PIPELINE = '^src/pipeline/';
const CONFIG = '^src/config/';
const EXPERIMENTS = '^src/experiments/';
const PROBLEM_SETS = '^src/problem-sets/';
const REPORT = '^src/report/';
const APP = '^src/app/';
const PAGE = '^src/page/';
const CLI = '^src/cli/';
const ERRORS = '^src/errors[.]ts$';
/** The entries of the library. */
const INDEX = '^src/(index[.]ts$|library/)';
const ADAPTERS = '^adapters/';

/** What the floor shares with the core: nothing of the domain. */
const FLOOR_OF_CORE = '^src/core/(rng|retry|json-object)[.]ts$';
const CLOCK = '^src/ports/clock[.]ts$';
/** Deadlines, signals and repetition: the part of the floor that has no outside thing behind it. */
const WAITING = '^src/edge/waiting[.]ts$';

const ROOMS: readonly Room[] = [
  { name: 'core', path: CORE, mayImport: [], builtins: false },
  { name: 'ports', path: PORTS, mayImport: [CORE], builtins: false },
  { name: 'errors', path: ERRORS, mayImport: [], builtins: false },
  { name: 'edge', path: EDGE, mayImport: [FLOOR_OF_CORE, CLOCK, ERRORS], builtins: true },
  { name: 'pipeline', path: PIPELINE, mayImport: [CORE, PORTS, ERRORS, WAITING], builtins: false },
  { name: 'config', path: CONFIG, mayImport: [CORE, ERRORS, EDGE], builtins: true },
  { name: 'experiments', path: EXPERIMENTS, mayImport: [CORE, CONFIG], builtins: false },
  { name: 'adapters', path: ADAPTERS, mayImport: [CORE, PORTS, ERRORS, EDGE], builtins: true },
  { name: 'problem-sets', path: PROBLEM_SETS, mayImport: [CORE, PORTS, ERRORS, EDGE, ADAPTERS], builtins: true },
  { name: 'report', path: REPORT, mayImport: [CORE, PORTS, ERRORS, CONFIG, PIPELINE, EXPERIMENTS], builtins: false },
  // The browser's part: of what is outside of it, it takes the pure core and the types of what it shows.
  { name: 'page', path: PAGE, mayImport: [CORE, PORTS, REPORT], builtins: false },
  {
    name: 'app',
    path: APP,
    mayImport: [CORE, PORTS, ERRORS, EDGE, CONFIG, EXPERIMENTS, PIPELINE, PROBLEM_SETS, REPORT, ADAPTERS],
    builtins: true,
  },
];

/** Where a package is at home; nobody else imports it. Packages that are not listed have no home in src, adapters or bin. */
const VENDOR_HOMES: Readonly<Record<string, string>> = {
  'better-sqlite3': '^adapters/store-sqlite/',
  '@bufbuild/protobuf': '^(src/edge|adapters/tracker-tensorboard)/',
  openai: '^adapters/engine-openai/',
  undici: '^(src/edge|adapters/(engine-openai|tinker|source-huggingface))/',
  hyparquet: EDGE,
  'hyparquet-writer': '^adapters/export-files/',
  preact: PAGE,
  esbuild: '^adapters/page-bundle/',
  'tar-stream': '^adapters/(tinker|embedded-lm)/',
  'cli-progress': '^adapters/reporter-[^/]+/',
  mathjs: '^src/core/verify/',
  'p-limit': PIPELINE,
  yaml: CONFIG,
  yargs: CLI,
  zod: '^(src/config|src/edge|adapters)/',
};

/** Stations of the core in the order data flows; a station imports earlier ones only. */
const STATIONS: readonly (readonly [name: string, path: string])[] = [
  ['options', '(nearest-name|options)[.]ts$'],
  ['engine-kinds', 'engine-kinds[.]ts$'],
  ['rng', 'rng[.]ts$'],
  ['retry', 'retry[.]ts$'],
  ['json', 'json-object[.]ts$'],
  ['tokens', 'token-bound[.]ts$'],
  ['problem', 'problem[.]ts$'],
  ['prompt', 'prompt[.]ts$'],
  ['grammar', 'grammar[.]ts$'],

  ['trajectory', 'trajectory[.]ts$'],
  ['format', '(format/|format-check[.]ts$|answer[.]ts$|canonicalise[.]ts$)'],
  ['annotation', 'annotation/'],
  ['effective', 'effective/'],
  ['verify', 'verify/'],
  ['reward', 'reward[.]ts$'],
  ['datum', 'datum[.]ts$'],
  ['word-sums', 'word-sums/'],
  ['curriculum', 'curriculum[.]ts$'],
  ['lengths', 'fit-lengths[.]ts$'],
  ['layout', '(layout/)'],
  ['diversity', 'diversity[.]ts$'],
  ['metrics', '((metrics|trajectory-figures)[.]ts$|analyses/)'],
  ['statistics', 'statistics/'],
  ['replay', 'replay/'],
  ['problem-set', 'problem-set/'],
];

/** The stations a file of the core belongs to: one, in a tree that is in order. */
export function findStations(file: string): string[] {
  return STATIONS.filter(([, path]) => new RegExp(CORE + path).test(file)).map(([name]) => name);
}

/** Everything this repository holds that could be imported. */
const OURS = '^(src|adapters|bin|bench|test|scripts)/';

type Rule = IRegularForbiddenRuleType;
type Ends = Pick<Rule, 'from' | 'to'>;

function forbid(name: string, ends: Ends): Rule {
  return { name, severity: 'error', ...ends };
}

function toRoomRules(room: Room): Rule[] {
  const rules = [
    forbid(`${room.name}: rooms`, {
      from: { path: room.path },
      to: { path: OURS, pathNot: [room.path, ...room.mayImport] },
    }),
  ];
  if (!room.builtins) {
    rules.push(forbid(`${room.name}: builtins`, { from: { path: room.path }, to: { dependencyTypes: ['core'] } }));
  }
  return rules;
}

function toStationRules(): Rule[] {
  return STATIONS.slice(0, -1).map(([name, path], index) => {
    const later = STATIONS.slice(index + 1).map(([, one]) => CORE + one);
    return forbid(`core station ${name}`, { from: { path: CORE + path }, to: { path: later } });
  });
}

function toVendorRules(): Rule[] {
  const homes = Object.entries(VENDOR_HOMES).map(([vendor, home]) =>
    forbid(`vendor ${vendor}`, {
      from: { path: '^(src|adapters|bin)/', pathNot: home },
      to: { path: `(^|/)node_modules/(@types/)?${vendor}/` },
    }),
  );
  const known = Object.keys(VENDOR_HOMES).join('|');
  return [
    ...homes,
    forbid('package without a home', {
      from: { path: '^(src|adapters|bin)/' },
      to: { path: '(^|/)node_modules/', pathNot: `(^|/)node_modules/(@types/)?(${known})/` },
    }),
  ];
}

const SINGLE_RULES: readonly Rule[] = [
  forbid('core station unnamed', {
    from: { path: CORE, pathNot: STATIONS.map(([, path]) => CORE + path) },
    to: {},
  }),
  forbid('adapter imports adapter', {
    from: { path: '^adapters/([^/]+)/' },
    to: { path: ADAPTERS, pathNot: '^adapters/$1/' },
  }),
  forbid('ports hold types only', { from: { path: PORTS }, to: { dependencyTypesNot: ['type-only'] } }),
  forbid('mathjs is loaded lazily', {
    from: { path: '^(src|adapters)/' },
    to: { path: '(^|/)node_modules/mathjs/', dynamic: false, dependencyTypesNot: ['type-only'] },
  }),
  forbid('the command line is not imported', {
    from: { path: OURS, pathNot: ['^src/cli/', '^bin/', '^test/', '^scripts/'] },
    to: { path: ['^src/cli/', '^bin/'] },
  }),
  forbid('nothing imports tests or benches', {
    from: { path: '^(src|adapters|bin|scripts)/' },
    to: { path: '^(test|bench)/' },
  }),
  forbid('only outsiders import the index', {
    from: { path: '^(src|adapters)/', pathNot: INDEX },
    to: { path: INDEX },
  }),
  forbid('no cycles', { from: {}, to: { circular: true } }),
  forbid('everything resolves', { from: {}, to: { couldNotResolve: true } }),
];

/** All rules of the repository for dependency-cruiser. */
export const ARCHITECTURE_RULES: readonly Rule[] = [
  ...ROOMS.flatMap(toRoomRules),
  ...toStationRules(),
  ...toVendorRules(),
  ...SINGLE_RULES,
];
