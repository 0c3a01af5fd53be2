import type { RolloutDetail } from '../report/describe-rollout.ts';
import { ModelText } from './model-text.tsx';
import { ViolationList } from './violation-list.tsx';
import { showText } from './wording.ts';

/** The response as one text, tags included, with a mark where each violation of the form was seen. */
export function RawText({ detail: { segments, format } }: { readonly detail: RolloutDetail }) {
  const text = segments.map(({ pieces }) => pieces.map((piece) => piece.text).join('')).join('');
  const places = [...new Set((format?.violations ?? []).map(({ at }) => at))].sort((a, b) => a - b);
  if (places.length === 0) return <ModelText text={text} block />;
  return (
    <>
      <div class="model">
        <bdi>
          {[0, ...places].map((from, i) => (
            <span key={from === 0 ? `start ${i}` : from}>
              {i > 0 && <mark title={nameViolations(format, from)}>{showText(text.slice(from, from + 1)) || '∎'}</mark>}
              {showText(text.slice(i > 0 ? from + 1 : 0, places[i] ?? text.length))}
            </span>
          ))}
        </bdi>
      </div>
      {format !== null && <ViolationList format={format} />}
    </>
  );
}

function nameViolations(format: RolloutDetail['format'], at: number): string {
  return (format?.violations ?? [])
    .filter((one) => one.at === at)
    .map(({ code }) => code)
    .join(', ');
}
