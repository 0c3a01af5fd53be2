import * as z from 'zod';
import { toObject } from '../core/json-object.ts';
import { findNearestName } from '../core/nearest-name.ts';

/** One fault of a configuration: where, and what is wrong with a hint. Values are not repeated: one may be a key. */
export interface ConfigFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** `key.path: what is wrong`; items of lists go by their id or name in `config`, as `--set` takes them. */
export function describeConfigFault({ path, message }: ConfigFault, config: unknown): string {
  return `${nameKey(path, config)}: ${message}`;
}

/** `stages.rl-easy.steps`: a place in a configuration, where items that have an id or a name are called by it. */
export function nameKey(path: readonly PropertyKey[], config: unknown): string {
  let node: unknown = config;
  return path
    .map((part) => {
      const list = Array.isArray(node) ? (node as readonly unknown[]) : null;
      node = list === null ? toObject(node)?.[String(part)] : list[Number(part)];
      const item = list === null ? null : toObject(node);
      const name = item?.id ?? item?.name;
      const isUnique = list?.filter((one) => (toObject(one)?.id ?? toObject(one)?.name) === name).length === 1;
      return typeof name === 'string' && isUnique && /^[A-Za-z][A-Za-z0-9_-]*$/.test(name) ? name : String(part);
    })
    .join('.');
}

const UNKNOWN_KEY = 'unknown key';

/** Whether a fault is a key that the schema does not have. */
export function isUnknownKey({ message }: ConfigFault): boolean {
  return message.startsWith(UNKNOWN_KEY);
}

/** How many known keys are shown when none is near. */
const SHOWN_KEYS = 12;

type Issue = z.core.$ZodIssue;
type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/** Validates and explains: the value, or every fault at once, at most one per key. */
export function parseWithFaults<T extends z.ZodType>(
  schema: T,
  value: unknown,
): { readonly value: z.output<T> } | { readonly faults: readonly ConfigFault[] } {
  const result = schema.safeParse(value, { error: explainIssue });
  if (result.success) return { value: result.data };
  const faults = new Map<string, ConfigFault>();
  for (const fault of result.error.issues.flatMap(splitIssue)) {
    const key = fault.path.join('.');
    if (!faults.has(key)) faults.set(key, fault);
  }
  return { faults: [...faults.values()] };
}

/** An issue of several unknown keys holds one message per key, in order. */
function splitIssue(issue: Issue): ConfigFault[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  const messages = issue.message.split('\n');
  return issue.keys.map((key, index) => ({ path: [...issue.path, key], message: messages[index] ?? UNKNOWN_KEY }));
}

function explainIssue(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => explainUnknownKey(key, issue)).join('\n');
    case 'invalid_type':
      return explainType(issue);
    case 'invalid_value':
      return explainChoice(issue.values.map(String), issue.input);
    case 'invalid_union':
      return explainUnion(issue);
    case 'too_small':
      return explainBound(issue.origin, issue.inclusive === false ? 'above' : 'at least', issue.minimum);
    case 'too_big':
      return explainBound(issue.origin, issue.inclusive === false ? 'below' : 'at most', issue.maximum);
    default:
      return undefined;
  }
}

function explainType(issue: Extract<RawIssue, { code: 'invalid_type' }>): string {
  if (issue.input === undefined) {
    const description = issue.inst === undefined ? undefined : describeSchema(issue.inst as z.ZodType);
    return `is missing${description === undefined ? '' : `: ${description}`}`;
  }
  const isWhole = (issue.inst?._zod.def as { format?: unknown } | undefined)?.format === 'safeint';
  return `must be ${nameType(isWhole ? 'int' : issue.expected)}, not ${nameValue(issue.input)}`;
}

function describeSchema(schema: z.ZodType): string | undefined {
  return z.globalRegistry.get(schema)?.description;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

function nameType(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

/** What kind of value was given; numbers and truth values are shown, text is not. */
function nameValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'text' : String(value);
}

function explainChoice(choices: readonly string[], input: unknown): string {
  if (input === undefined) return `is missing: ${choices.join(', ')}`;
  const nearest = typeof input === 'string' ? findNearestName(input, choices) : null;
  const hint = nearest === null || choices.length < 2 ? '' : `; did you mean ${nearest}?`;
  return `must be ${choices.length > 1 ? 'one of ' : ''}${choices.join(', ')}${hint}`;
}

function explainUnion(issue: Extract<RawIssue, { code: 'invalid_union' }>): string | undefined {
  const { options, discriminator, input } = issue as { options?: unknown; discriminator?: unknown; input?: unknown };
  if (!Array.isArray(options) || typeof discriminator !== 'string') return undefined;
  const isObject = typeof input === 'object' && input !== null;
  return explainChoice(options.map(String), isObject ? Reflect.get(input, discriminator) : input);
}

function explainBound(origin: string, relation: string, bound: number | bigint): string {
  if (origin === 'array') return `must have ${relation} ${bound} items`;
  if (origin === 'string') return `must have ${relation} ${bound} characters`;
  return `must be ${relation} ${bound}`;
}

/** Names the nearest key of the same object, else the place below it that has the key, else what is known. */
function explainUnknownKey(key: string, issue: RawIssue): string {
  const shape = issue.inst instanceof z.ZodObject ? (issue.inst.shape as Readonly<Record<string, z.ZodType>>) : {};
  const known = Object.keys(shape);
  const below = known.filter((name) => Object.hasOwn(shapeOf(shape[name]!), key)).map((name) => `${name}.${key}`);
  const nearest = below[0] ?? findNearestName(key, known);
  if (nearest !== null) return `${UNKNOWN_KEY}; did you mean ${[...(issue.path ?? []), nearest].join('.')}?`;
  const shown = known.slice(0, SHOWN_KEYS).join(', ');
  return `${UNKNOWN_KEY}; known here: ${shown}${known.length > SHOWN_KEYS ? ', ...' : ''}`;
}

/** Keys of the object a field holds, whatever defaults it is wrapped in. */
function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, unknown>> {
  if (schema instanceof z.ZodObject) return schema.shape;
  const { innerType } = schema._zod.def as { innerType?: z.core.$ZodType };
  return innerType === undefined ? {} : shapeOf(innerType);
}
