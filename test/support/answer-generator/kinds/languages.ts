import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, type Spell, sampleKind } from '../answer-kind.ts';
import { between, betweenExcept, pick } from '../draw.ts';
import { plain } from '../spelling.ts';

/** Phrases with a number in them, divided by bars. */
const phrase =
  (frames: string): Spell<number> =>
  (n, rng) =>
    plain(pick(rng, frames.split('|')).replace('@', String(n)));

/** Parts of sentences that put a number behind their subject, divided by bars. */
interface Grammar {
  readonly subjects: string;
  readonly joints: string;
  readonly counters: string;
  readonly nouns: string;
  readonly ends: string;
  readonly falseJoints: string;
  readonly falseTails: string;
}

const GRAMMARS: readonly Grammar[] = [
  {
    subjects: '答案|小明|这个班|商店里|小红|三角形的面积|剩下的部分|他们|盒子里|平均数|',
    joints: '是|为|有|共有|一共有|总共是|等于|还剩|需要|得到|买了|卖出了|约为',
    counters: '个|只|名|本|元|厘米|千米|支|棵|张|天|平方米',
    nouns: '|||苹果|学生|铅笔|不同的数|图书|足球',
    ends: '||了',
    falseJoints:
      '不是|不为|没有|至少有|最多是|大于|小于|不等于|超过|不足|可能是|大概有|不一定是|并非|接近|是负|少于|等于根号|应大于等于|不可能为',
    falseTails: '左右|以上|以下|的一半|的两倍|多|半|吗|是错的|不对|以内|的平方|除外|之外',
  },
  {
    subjects: '答えは|合計は|残りは|太郎は|全部で|面積は',
    joints: '',
    counters: '個|人|枚|本|円|メートル|時間|冊',
    nouns: '',
    ends: 'です||になります|である',
    falseJoints: 'マイナス|少なくとも|多くても|ルート|およそ半分の|最大|最小|負の',
    falseTails:
      '以上です|未満です|ではない|ではありません|くらいです|ほど|の半分です|の二倍です|ですか|かもしれない|以外です|より多い|じゃない',
  },
  {
    subjects: '답은|합은|남은 사과는|정답은|철수가 가진 돈은|모두|총|넓이는',
    joints: ' ',
    counters: '개|명|원|권|장|시간|킬로미터|마리|살|',
    nouns: '',
    ends: '입니다|이다|',
    falseJoints: ' 마이너스 | 적어도 | 최소 | 최대 | 거의 | 루트 | 음수 | 절반인 ',
    falseTails:
      ' 이상입니다| 이하입니다| 미만|가 아닙니다|는 아니다|의 절반입니다|의 제곱| 정도입니다|입니까|일까요| 제외|의 두 배입니다| 초과',
  },
  {
    subjects: 'Ответ|Всего|У Маши|Сумма|Итого|Осталось',
    joints: ': | равно | = | будет ',
    counters: ' рублей| см| яблок| км| часов| учеников|',
    nouns: '',
    ends: '',
    falseJoints:
      ' не | больше | меньше | не более | минус | корень из | не менее | почти | более | кроме |' +
      ' свыше | половина от ',
    falseTails:
      ' с половиной| и более| или больше| не подходит| тысяч| млн| в квадрате| неверно| раза больше|' +
      ' процентов от 50',
  },
  {
    subjects: 'Il y a|Elle a|La réponse est|Le total est|Il reste',
    joints: ' ',
    counters: ' pommes| euros| mètres| élèves| litres| billes|',
    nouns: '',
    ends: '| en tout',
    falseJoints:
      ' au plus | au moins | moins de | plus de | presque | la racine de | la moitié de |' + ' le double de | pas ',
    falseTails: ' et demi| ou plus| au carré| millions| milliers| dixièmes| environ| exclu| douzaines| ou moins',
  },
  {
    subjects: 'Die Antwort ist|Es sind|Maria hat|Der Preis beträgt|Das Ergebnis ist',
    joints: ' ',
    counters: ' Euro| Kinder| Äpfel| Meter| Stunden|',
    nouns: '',
    ends: '',
    falseJoints:
      ' nicht | mehr als | weniger als | mindestens | höchstens | fast | bis zu | die Wurzel aus |' +
      ' die Hälfte von | größer als | kleiner als | minus | kein ',
    falseTails:
      ' oder mehr| und mehr| zum Quadrat| Millionen| Tausend| Zehntel| Dutzend| ausgenommen|' + ' Prozent von 50| Mrd',
  },
  {
    subjects: 'La respuesta es|Hay|Quedan|El total es|A resposta é|La risposta è|Ci sono',
    joints: ' ',
    counters: ' euro| litros| manzanas| niños| laranjas| mele|',
    nouns: '',
    ends: '',
    falseJoints:
      ' no | más de | menos de | casi | hasta | la raíz de | mais de | até | almeno | più di |' +
      ' la metà di | menos | al menos | la mitad de ',
    falseTails:
      ' al cuadrado| ao quadrado| al quadrato| millones| milhões| mila| docenas| dezenas| décimas|' +
      ' o más| ou mais| o meno| excluido',
  },
];

/** A sentence put together from the parts of one language. */
function compose(n: number, rng: Rng, what: 'right' | 'false joint' | 'false tail'): string {
  const one = pick(rng, GRAMMARS);
  const draw = (parts: string) => pick(rng, parts.split('|'));
  const joint = draw(what === 'false joint' ? one.falseJoints : one.joints);
  const tail = what === 'false tail' ? draw(one.falseTails) : draw(one.ends);
  return `${draw(one.subjects)}${joint}${n}${draw(one.counters)}${what === 'right' ? draw(one.nouns) : ''}${tail}`;
}

const drawNumber = (rng: Rng): number => between(rng, 2, pick(rng, [12, 99, 999]));

/** A number that a phrase of another language than English states, or changes. */
const told: AnswerKind<number> = {
  name: 'number in another language',
  shape: 'statement',
  weight: 50,
  draw: drawNumber,
  gold: (n) => String(n),
  rewrites: {
    'composed sentence': (n, rng) => plain(compose(n, rng, 'right')),
    'with a counter': phrase(
      '@个|@個|@只|@人|@名|@本|@张|@枚|@匹|@通り|@次|@条|@辆|@岁|@棵|@개|@명|@마리|@권|@살|@장|@번',
    ),
    'with a unit': phrase(
      '@米|@厘米|@千米|@公斤|@克|@小时|@分钟|@天|@元|@円|@平方米|@時間|@ см|@ км|@ метров|@ рублей|@ часов|@ кг|@미터|@원|@시간|' +
        '@ मीटर|@ रुपये|@ घंटे|@ دولار|@ كم|@ ساعات|@ mètres|@ heures|@ Stunden|@ horas|@ litros|@ Euro|' +
        '@ kilómetros',
    ),
    'with what is counted': phrase(
      '@个苹果|@名学生|@种不同的方法|@本书|@颗弹珠|@个三角形|@只鸟和鸡|@张电影票|@位小朋友|@個のりんご|@개의 사과|@ яблок|@ учеников|@ книг|' +
        '@ किताबें|@ सेब|@ كتب|@ pommes|@ élèves|@ billes|@ Äpfel|@ Kinder|@ manzanas|@ niños|@ laranjas|' +
        '@ alunos|@ mele|@ studenti',
    ),
    'sentence of Chinese': phrase(
      '共有@个|一共有@颗弹珠|还剩@元|面积是@平方厘米|这个数为@|最大值是@|小明还剩下@个苹果|需要@天|总共有@只|答案是@|这两个数的差是@|平均每人@个|故答案为：@|' +
        '这辆车每小时行@千米|周长等于@厘米|比值为@',
    ),
    'sentence of Japanese or Korean': phrase(
      '合計は@|全部で@個です|答えは@です|残りは@枚です|@個になります|答えは@円です|合計@人|답은 @입니다|모두 @명입니다|합은 @입니다|남은 사과는 @개입니다|총 @원입니다|' +
        '@개의 사과가 있습니다',
    ),
    'sentence of Arabic, Hindi or Russian': phrase(
      'الجواب هو @|المجموع هو @ دولار|لديه @ كتب|الناتج يساوي @|उत्तर @ है|कुल @ सेब हैं|' +
        'अब @ किताबें हैं|Осталось @ конфет|Всего @ яблок|сумма равна @|Ответ: @ рублей|получаем @|' +
        'Маша купила @ тетрадей',
    ),
    'sentence of French, German, Italian, Portuguese or Spanish': phrase(
      'Il reste @ litres|Il y a @ élèves|La réponse est @|Elle a @ pommes|Le prix est @ euros|' +
        'Es sind @ Kinder|Der Preis beträgt @ Euro|Maria hat @ Bücher|Die Antwort ist @|' +
        'La respuesta es @ manzanas|Hay @ niños|Quedan @ litros|El resultado es @|A resposta é @|' +
        'La risposta è @|Il totale è @ euro|O total é @ reais',
    ),
  },
  misses: {
    'sentence with a false joint': (n, rng) => plain(compose(n, rng, 'false joint')),
    'sentence with a false tail': (n, rng) => plain(compose(n, rng, 'false tail')),
    'another number': (n, rng) =>
      phrase('@个|共有@个苹果|@개|उत्तर @ है|Ответ: @|Il y a @ élèves')(betweenExcept(rng, 2, 999, [n]), rng),
    'negative in words': phrase(
      '负@|負@|负的@|零下@|减@|@的相反数|マイナス@|마이너스 @|음수 @|ऋण @|माइनस @|سالب @|ناقص @|минус @|moins @|menos @|' +
        'meno @|minus @|答案是负@|答えはマイナス@|답은 마이너스 @|उत्तर ऋण @ है|الجواب سالب @',
    ),
    multiplied: phrase(
      '@倍|@百|@千|@万|@亿|@打|@千万元|@成|@折|@배|@천|@만|@억 원|@ गुना|@ हज़ार|@ लाख|@ ألف|@ مليون|@ тысяч|@ тыс|' +
        '@ млн|@ миллионов|@ mille|@ millions|@ douzaines|@ dizaines|@ Tausend|@ Millionen|@ Dutzend|' +
        '@ Mrd|@ mil|@ millones|@ docenas|@ milhões|@ dezenas|@ milioni|共有@万个|是原来的@倍',
    ),
    'part of it': phrase(
      '@分之一|@分之2|百分之@|@的一半|@个的一半|@的倒数|半@|@個の半分|@의 절반|@개의 절반|@분의 1|@ का आधा|نصف @|половина от @|' +
        'la moitié de @|die Hälfte von @|la mitad de @|metade de @|metà di @|@ dixièmes|@ Zehntel|' +
        '@ décimas|@ tercios|@ Viertel|@ Promille|@ terços|@ huitièmes',
    ),
    'power or root': phrase(
      '@的平方|@的立方|@次方|根号@|@的阶乘|@の2乗|ルート@|@의 제곱|루트 @|@ का वर्ग|जड़ @|جذر @|@ تربيع|@ в квадрате|' +
        'корень из @|@ au carré|@ au cube|racine de @|@ zum Quadrat|Wurzel aus @|@ al cuadrado|raíz de @|' +
        '@ ao quadrado|raiz de @|@ al quadrato|la radice di @|die Wurzel aus @',
    ),
    'bound before': phrase(
      '至少@|至多@|大于@|小于@|超过@|不到@|低于@|高于@|接近@|将近@|近@|逾@|最多@个|至少有@个|不少于@人|최소 @|최대 @|적어도 @|거의 @|कम से कम @|' +
        'अधिकतम @|على الأقل @|أكثر من @|أقل من @|больше @|не менее @|до @|au moins @|au plus @|plus de @|' +
        'moins de @|presque @|mindestens @|höchstens @|mehr als @|größer als @|kleiner als @|bis zu @|' +
        'fast @|al menos @|como máximo @|más de @|hasta @|pelo menos @|mais de @|até @|almeno @|più di @|' +
        'meno di @|quasi @|答案大于@|答えは少なくとも@|답은 적어도 @입니다',
    ),
    'bound behind': phrase(
      '@左右|@以上|@以下|@以内|@多|@多个|@余人|@个左右|@个以上|@元以下|@米开外|@以上です|@未満|@くらい|@個以上|@個ほど|@ 이상|@ 이하|@ 미만|@개 이상|' +
        '@명 정도|@ से अधिक|@ से कम|@ أو أكثر|@ и более|@ и менее|@ ou plus|@ et plus|@ environ|@ oder mehr|' +
        '@ und mehr|@ o más|@ ou mais|@ o più|共有@个以上|答案是@左右',
    ),
    denied: phrase(
      '不是@|非@|并非@|没有@|@错误|@不对|@不成立|答案不是@|不等于@|@ではない|@ではありません|@じゃない|@이 아닙니다|@은 틀렸습니다|@ नहीं|@ नहीं है|' +
        'ليس @|غير @|не @|@ не подходит|pas @|nicht @|kein @|nein, @ falsch|nunca @|não @|non @|niet @|' +
        '@ değil|@ falsch|@ faux|错误答案：@|falsche Antwort: @|mauvaise réponse : @|неправильный ответ: @',
    ),
    'excluded or doubted': phrase(
      '除@以外|除了@|@除外|@之外|排除@|可能是@|也许@|大概是@个|@以外|たぶん@|@かも|@ 제외|아마 @|@ के अलावा|إلا @|кроме @|sauf @|' +
        'hormis @|peut-être @|außer @|vielleicht @|excepto @|salvo @|quizás @|talvez @|tranne @|forse @|' +
        '@ exclu|@ ausgenommen|@ excluido',
    ),
    ordinal: phrase('第@|第@个|第@题|@年级|@月|@号|@番目|@回目|@번째|第@名|@ वाँ|@-й|步骤@|例@|图@'),
    question: phrase('@吗|是@吗|@呢|@ですか|@일까요|@입니까|是不是@|@？|est-ce @ ?'),
    supposed: phrase(
      '设x=@|令n=@|假设x=@|如果是@|若n=@|例如@|比如@|もし@なら|만약 @라면|если @|soit x = @|sei x = @|sea x = @|验证@|尝试@',
    ),
    'one of two': (n, rng) => {
      const other = betweenExcept(rng, 2, 999, [n]);
      return plain(
        pick(rng, [
          `${n}或${other}`,
          `${other}或者${n}`,
          `${n}か${other}`,
          `${n} 또는 ${other}`,
          `${n} или ${other}`,
          `${n} ou ${other}`,
          `${n} oder ${other}`,
          `${n} o ${other}`,
          `${n}到${other}`,
          `${n}至${other}`,
          `介于${n}和${other}之间`,
        ]),
      );
    },
    compared: (n, rng) => {
      const other = betweenExcept(rng, 2, 99, [n]);
      return plain(
        pick(rng, [
          `比${n}多${other}`,
          `${n}加${other}`,
          `${n}减${other}`,
          `${n}乘${other}`,
          `${n}除以${other}`,
          `${n}の${other}倍`,
          `${n}개의 ${other}배`,
          `${n} раз больше ${other}`,
          `${n}个和${other}个`,
        ]),
      );
    },
    'other base': phrase('@进制|@位数|@維|@次方|@进制数|@ 진법'),
  },
};

/** Numbers in phrases of other languages. */
export const LANGUAGES: readonly SampledKind[] = [sampleKind(told)];
