import { renderPrompt } from '../core/prompt.ts';
import { RunError } from '../errors.ts';

/** The template with the problem in its place. Throws RunError for a template without exactly one `{Problem}`. */
export function renderStudentPrompt(template: string, problemText: string): string {
  const rendered = renderPrompt(template, problemText);
  if ('fault' in rendered) throw new RunError(rendered.fault);
  return rendered.text;
}
