import { findNearestName } from '../core/nearest-name.ts';
import { isPlainObject } from './draft.ts';
import { type JsonSchema, toConfigJsonSchema } from './json-schema.ts';
import { PRESET_NAMES, PRESETS, type PresetName } from './presets.ts';

/** What the schema says about one key. */
export interface KeyExplanation {
  readonly key: string;
  readonly description: string | null;
  /** Type, choices and limits in words. */
  readonly takes: string;
  /** As JSON; undefined where the key must be given or follows from others. */
  readonly fallback: unknown;
  /** Keys below it. */
  readonly keys: readonly string[];
  /** What each preset sets, of those that have the key at all. */
  readonly presets: Readonly<Partial<Record<PresetName, unknown>>>;
}

/**
 * Explains a key: `rollout.topP`, `stages.rl.steps`. Behind `stages` comes a kind of stage, the id of one in a preset, or
 * its place. Empty: the sections. Gives the nearest known key where there is none of that name.
 */
export function explainKey(key: string): KeyExplanation | { readonly fault: string } {
  const parts = key === '' ? [] : key.split('.');
  let nodes: readonly JsonSchema[] = [toConfigJsonSchema()];
  const path: string[] = [];
  for (const part of parts) {
    const below = nodes.flatMap((node) => stepInto(node, part));
    if (below.length === 0) {
      const known = listKeys(nodes);
      const nearest = findNearestName(part, known);
      const hint =
        nearest === null ? `known here: ${known.join(', ')}` : `did you mean ${[...path, nearest].join('.')}?`;
      return { fault: `there is no key ${[...path, part].join('.')}; ${hint}` };
    }
    nodes = below;
    path.push(part);
  }
  const described = nodes.find(({ description }) => description !== undefined);
  const defaulted = nodes.find((node) => Object.hasOwn(node, 'default'));
  return {
    key,
    description: typeof described?.description === 'string' ? described.description : null,
    takes: [...new Set(nodes.flatMap(describeType))].join(' or '),
    fallback: defaulted?.default,
    keys: listKeys(nodes),
    presets: Object.fromEntries(PRESET_NAMES.flatMap((name) => readPreset(name, parts))),
  };
}

/** A node as one of several, where it allows several. */
function expand(node: JsonSchema): JsonSchema[] {
  const choices = [node.anyOf, node.oneOf].flatMap((list) => (Array.isArray(list) ? (list as JsonSchema[]) : []));
  return choices.length === 0 || isPlainObject(node.properties) ? [node] : choices.flatMap(expand);
}

function stepInto(node: JsonSchema, part: string): JsonSchema[] {
  return expand(node).flatMap((one): JsonSchema[] => {
    if (isPlainObject(one.properties)) {
      const below = one.properties[part];
      return isPlainObject(below) ? [below] : [];
    }
    if (!isPlainObject(one.items)) return [];
    const items = expand(one.items);
    const ofKind = items.filter((item) => readKind(item) === part || readKind(item) === findKind(part));
    if (ofKind.length > 0) return ofKind;
    return /^\d+$/.test(part) || part === '*' ? items : [];
  });
}

function readKind({ properties }: JsonSchema): unknown {
  const kind = isPlainObject(properties) ? properties.kind : null;
  return isPlainObject(kind) ? kind.const : undefined;
}

/** The kind of the stage that has this id in some preset. */
function findKind(id: string): string | null {
  const stages = Object.values(PRESETS).flatMap((preset) => preset.stages);
  return stages.find((stage) => stage.id === id)?.kind ?? null;
}

function listKeys(nodes: readonly JsonSchema[]): string[] {
  const below = nodes.flatMap(expand).flatMap((node) => {
    if (isPlainObject(node.properties)) return Object.keys(node.properties);
    if (!isPlainObject(node.items)) return [];
    return expand(node.items).flatMap((item) => readKind(item) ?? []) as string[];
  });
  return [...new Set(below)];
}

function describeType(node: JsonSchema): string[] {
  return expand(node).flatMap((one) => {
    if (Array.isArray(one.enum)) return [`one of ${one.enum.join(', ')}`];
    if (one.const !== undefined) return [JSON.stringify(one.const)];
    const low = one.minimum ?? one.exclusiveMinimum;
    const isSafe = (value: unknown) => typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER;
    const range = [isSafe(low) ? `from ${low}` : '', isSafe(one.maximum) ? `to ${one.maximum}` : ''].join(' ').trim();
    const name = typeof one.type === 'string' ? (TYPE_NAMES[one.type] ?? one.type) : 'a value';
    return [range === '' ? name : `${name} ${range}`];
  });
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function readPreset(name: PresetName, parts: readonly string[]): [PresetName, unknown][] {
  let node: unknown = PRESETS[name];
  for (const part of parts) {
    if (Array.isArray(node)) {
      const list = node as readonly unknown[];
      node = list.find(
        (item, index) => isPlainObject(item) && [item.id, item.kind, item.name, String(index)].includes(part),
      );
    } else node = isPlainObject(node) ? node[part] : undefined;
  }
  const isLeaf = !isPlainObject(node) && !(Array.isArray(node) && node.some(isPlainObject));
  return node === undefined || !isLeaf || parts.length === 0 ? [] : [[name, node]];
}
