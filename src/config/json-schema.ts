import * as z from 'zod';
import { isPlainObject } from './draft.ts';
import { PRESET_NAMES } from './presets.ts';
import { runConfigSchema } from './schema.ts';

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * JSON Schema (draft 2020-12) of a configuration file, for editors. It describes what may be written:
 * keys with a default may be left out, short forms are allowed, and `preset` may name what the file is
 * laid over, which then supplies the keys that are required otherwise.
 */
export function toConfigJsonSchema(): JsonSchema {
  const schema = rewrite(z.toJSONSchema(runConfigSchema, { io: 'input' })) as JsonSchema;
  const { required, properties, ...rest } = schema;
  const sections = Object.entries(properties as Readonly<Record<string, JsonSchema>>);
  const preset = { type: 'string', enum: PRESET_NAMES, description: 'Preset this file is laid over' };
  const needy = sections.filter(([, node]) => node.required !== undefined);
  const alone = {
    required,
    properties: Object.fromEntries(needy.map(([key, node]) => [key, { required: node.required }])),
  };
  return {
    ...rest,
    properties: { preset, ...Object.fromEntries(sections.map(([key, { required: _, ...node }]) => [key, node])) },
    anyOf: [{ required: ['preset'] }, alone],
  };
}

/** Turns the marks of our schema into JSON Schema, from the leaves up. */
function rewrite(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewrite);
  if (!isPlainObject(value)) return value;
  const required = Array.isArray(value.required) ? { required: listRequired(value) } : {};
  const { shortForm, isFilledIn: _, ...node } = value;
  const rewritten = Object.fromEntries(Object.entries(node).map(([key, item]) => [key, rewrite(item)]));
  return allowShortForm({ ...rewritten, ...required }, shortForm);
}

/** Keys without those that follow from a stage's place in the list. */
function listRequired({ required, properties }: JsonSchema): string[] {
  const isFilledIn = (key: string) => {
    const property = isPlainObject(properties) ? properties[key] : undefined;
    return isPlainObject(property) && property.isFilledIn === true;
  };
  return (required as string[]).filter((key) => !isFilledIn(key));
}

/** A field may also be written as text, or as the only item of its list. */
function allowShortForm(node: JsonSchema, shortForm: unknown): JsonSchema {
  if (shortForm === undefined) return node;
  const { description, default: fallback, ...full } = node;
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [shortForm === 'string' ? { type: 'string' } : full.items, full],
  };
}
