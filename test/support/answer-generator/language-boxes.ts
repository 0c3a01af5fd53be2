import type { Rng } from '../../../src/core/rng.ts';
import { pick } from './draw.ts';

/** Sentences of other languages around a box (`@`): some that state it, and some that do not. */

const STATING =
  '所以共有@个苹果。|因此，答案是@。|故答案为：@|这个数等于@。|一共需要@元。|小明还剩@本书。|答えは@です。|残りは@個です。|全部で@枚になります。|' +
  '답은 @입니다.|모두 @명입니다.|남은 사과는 @개입니다.|Ответ: @ рублей.|Всего осталось @ яблок.|Сумма равна @.|المجموع هو @.|الجواب: @|उत्तर @ है।|कुल @ रुपये हैं।|' +
  'Il y a @ pommes.|La réponse est donc @.|Il reste @ euros.|Es sind @ Kinder.|Die Antwort lautet @.|La respuesta es @.|Quedan @ litros.|' +
  'A resposta é @.|La risposta è @.|Ci sono @ mele.';

const SPOILT =
  '至少@个。|答案不是@。|大约@左右。|共有@多个苹果。|第@个。|它等于负@。|答案大于@。|是原来的@倍。|不超过@元。|答案可能是@。|@以上。|百分之@|不等于@。|@的一半。|' +
  '答えは@ではない。|@個以上です。|マイナス@|@未満です。|답은 @이 아닙니다.|@ 이상입니다.|적어도 @명입니다.|@배입니다.|マイナス@です。|' +
  'не более @|не @|больше @|минус @|меньше чем @|ليس @|أكثر من @|कम से कम @|@ से अधिक|' +
  'au plus @|au moins @|moins de @|mindestens @|höchstens @|mehr als @|größer als @|nicht @|más de @|menos de @|hasta @|até @|almeno @|più di @';

export const drawStatingBox = (rng: Rng): string => pick(rng, STATING.split('|'));
export const drawSpoiltBox = (rng: Rng): string => pick(rng, SPOILT.split('|'));
