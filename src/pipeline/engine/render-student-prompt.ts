import { type RenderedPrompt, renderAnnotatePrompt, renderPrompt } from '../../core/prompt.ts';
import { RunError } from '../../errors.ts';

/** The template with the problem in its place. Throws RunError for a template without exactly one `{Problem}`. */
export function renderStudentPrompt(template: string, problemText: string): string {
  return takeText(renderPrompt(template, problemText));
}

/** The template with problem and solution in their places. Throws RunError unless each stands exactly once. */
export function renderAnnotationPrompt(template: string, problemText: string, solution: string): string {
  return takeText(renderAnnotatePrompt(template, problemText, solution));
}

function takeText(rendered: RenderedPrompt): string {
  if ('fault' in rendered) throw new RunError(rendered.fault);
  return rendered.text;
}
