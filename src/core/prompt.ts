/** Where the problem goes in a prompt template. */
export const PROBLEM_PLACEHOLDER = '{Problem}';

/** Where a finished solution goes in the template that asks for its annotation. */
const SOLUTION_PLACEHOLDER = '{Solution}';

/** A prompt, or why the template cannot make one, in one line. */
export type RenderedPrompt = { readonly text: string } | { readonly fault: string };

/**
 * The template with its one `{Problem}` replaced by the problem's text, literally: `$&` or `{Problem}` inside the
 * problem has no special meaning. A template with no placeholder or several is a fault of one line.
 */
export function renderPrompt(template: string, problemText: string): RenderedPrompt {
  return fillTemplate(template, new Map([[PROBLEM_PLACEHOLDER, problemText]]));
}

/** `renderPrompt` for a template with one `{Problem}` and one `{Solution}`. */
export function renderAnnotatePrompt(template: string, problemText: string, solution: string): RenderedPrompt {
  return fillTemplate(
    template,
    new Map([
      [PROBLEM_PLACEHOLDER, problemText],
      [SOLUTION_PLACEHOLDER, solution],
    ]),
  );
}

/** Puts all values in at once, so that a placeholder inside a value stays text. */
function fillTemplate(template: string, values: ReadonlyMap<string, string>): RenderedPrompt {
  for (const name of values.keys()) {
    const found = template.split(name).length - 1;
    if (found === 1) continue;
    const count = found === 0 ? 'no' : String(found);
    return { fault: `the prompt template holds ${count} ${name} placeholders; it needs exactly one` };
  }
  const text = template.replace(/\{(?:Problem|Solution)\}/g, (name) => values.get(name) ?? name);
  return { text };
}
