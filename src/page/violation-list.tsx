import type { FormatDetail, QuotedViolation } from '../report/describe-rollout.ts';
import { showText } from './wording.ts';

/** What is wrong with the form of a text, each with the place quoted; nothing where all is well. */
export function ViolationList({ format }: { readonly format: FormatDetail }) {
  const { violations, lints } = format;
  if (violations.length + lints.length === 0) return null;
  return (
    <ul class="violations">
      {violations.map((one) => (
        <Violation key={`${one.code} ${one.at}`} {...one} kind="violation" />
      ))}
      {lints.map((one) => (
        <Violation key={`${one.code} ${one.at}`} {...one} kind="lint" />
      ))}
    </ul>
  );
}

function Violation({ code, at, excerpt, kind }: QuotedViolation & { readonly kind: 'violation' | 'lint' }) {
  return (
    <li class={kind}>
      <b>{code}</b> <small>{excerpt === null ? `at ${at} of the problem` : `at ${at}`}</small>
      {kind === 'lint' && <small> (no fault)</small>}
      {excerpt !== null && (
        <div class="model">
          <bdi>
            {excerpt.isCutBefore ? '…' : ''}
            {showText(excerpt.before)}
            <mark>{showText(excerpt.marked) || '(end)'}</mark>
            {showText(excerpt.after)}
            {excerpt.isCutAfter ? '…' : ''}
          </bdi>
        </div>
      )}
    </li>
  );
}
