/**
 * Answers in other languages than English, options, and last sentences that are not marked:
 *  1. a phrase of another language that states a number meets it, bare, behind a label and in a box
 *  2. a word that changes the number beside it, or is in no list, makes it another answer or none
 *  3. sentences of other languages around a box
 *  4. units under their names in other languages: equal ones meet, and others do not
 *  5. options: asserted in several languages and by a clause about them; denied, eliminated or only listed
 *  6. a last sentence that supposes, tests, rates or gives an example states nothing; what follows from it is said
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { verify } from '../../src/core/verify/verify.ts';

const judge = (gold: string, text: string) => verify(gold, text, { mode: 'math', structured: false }).verdict;

function assertMet(gold: string, texts: readonly string[]): void {
  for (const text of texts) assert.equal(judge(gold, text), 'correct', text);
}

function assertNotMet(gold: string, texts: readonly string[]): void {
  for (const text of texts) assert.notEqual(judge(gold, text), 'correct', text);
}

/** Each text alone, behind a label and in a box. */
const inAllPlaces = (texts: string): string[] =>
  texts.split('|').flatMap((text) => [text, `Final Answer: ${text}`, `\\boxed{\\text{${text}}}`]);

test('1: phrases', () => {
  assertMet(
    '24',
    inAllPlaces(
      '24个|24名学生|24种不同的排法|24个三角形|24位小朋友|共有24颗弹珠|还剩24元|面积是24平方厘米|24本書|全部で24個です|答えは24です|24通りです|' +
        '답은 24입니다|모두 24명입니다|24개의 사과가 있습니다|24원|उत्तर 24 है|अब 24 किताबें हैं|الجواب هو 24|لديه 24 كتب|24 рублей|Осталось 24 конфет|' +
        'сумма равна 24|24 pommes|Il y a 24 élèves|Elle a 24 pommes|Es sind 24 Kinder|Quedan 24 litros|A resposta é 24|Ci sono 24 mele',
    ),
  );
  assertMet('7000', ['7千', '7 тыс', '7 milliers', '7 mil', '7 Tausend']);
});

test('2: words that change a number', () => {
  assertNotMet(
    '24',
    inAllPlaces(
      '负24|マイナス24|마이너스 24|سالب 24|ऋण 24|минус 24|24左右|24以上|24多个|24倍|24成|24折|24打|24分之一|24的平方|根号24|24的阶乘|第24个|第24题|24年级|24吗|24错误|' +
        '除24以外|可能是24|24或25|24个的一半|24位数|24ではない|24個以上です|24の平方根|24배|24 이상|24이 아닙니다|24번째|거의 24|24 गुना|24 से अधिक|على الأقل 24|' +
        'نصف 24|24 млн|24 с половиной|не 24|24 и более|au plus 24|24 au carré|24 au cube|24 dixièmes|la racine de 24|größer als 24|24 zum Quadrat|24 Zehntel|' +
        'die Wurzel aus 24|24 décimas|más de 24|24 al cuadrado|24 dezenas|più di 24|24 değil|24 exclu|24 苹果树下',
    ),
  );
});

test('3: around a box', () => {
  assertMet('24', [
    '所以共有$\\boxed{24}$个苹果。',
    '答えは\\boxed{24}です。',
    '3的倍数有$\\boxed{24}$个',
    'Ответ: \\boxed{24} рублей',
  ]);
  assertNotMet('24', [
    ...[
      '至少$\\boxed{24}$个',
      '答案不是\\boxed{24}',
      '\\boxed{24}左右',
      '第\\boxed{24}个',
      '负\\boxed{24}',
      '\\boxed{24}倍',
    ],
    ...[
      '\\boxed{24} 이상',
      '답은 \\boxed{24}이 아닙니다',
      'не более \\boxed{24}',
      'größer als \\boxed{24}',
      'ليس \\boxed{24}',
    ],
  ]);
});

test('4: units', () => {
  assertMet('60 km/h', ['60千米/小时', '60公里/小时']);
  assertMet('7 cm^2', ['7平方厘米', '7제곱센티미터', '0.0007平方米']);
  assertMet('3 hours', ['3小时', '3 Stunden', '180 минут']);
  assertNotMet('7 cm', ['7米', '7 km', '7 метров', '7 heures', '7公斤']);
});

test('5: options', () => {
  assertMet('D', [
    ...[
      '选项D正确',
      '故选D',
      '答案选D',
      '正解はDです',
      '정답은 D입니다',
      'उत्तर D है',
      'La bonne réponse est la D',
      'La respuesta correcta es la D',
    ],
    ...[
      'Only D works',
      'Only (D) satisfies the condition',
      'I would go with D',
      '=> D',
      'The statement that is not true is (D).',
    ],
    ...[
      '\\boxed{(d)}',
      'Final Answer: (d)',
      'Answer: d)',
      'A is wrong.\nB is wrong.\n\nD',
      'We find (D). It fits.\n\n(D) 12',
    ],
  ]);
  assertNotMet('D', [
    ...[
      'Final Answer: ~D',
      'Final Answer: !D',
      'Final Answer: ¬D',
      'D不正确',
      '排除D',
      'Die falsche Antwort ist D',
      'eliminated: D',
    ],
    ...[
      'A\nB\nC\nD',
      'C) 3\nD) 4',
      'Not D.\nD) 4',
      'It could be C or D.\nD) 4',
      'I rule out D.\n\n(D) 12',
      'Final Answer: D instead C',
    ],
    ...['Final Answer: d', 'The answer that is wrong is D.', '所以D是错误的', 'Final Answer: D) no'],
  ]);
});

test('6: last sentences', () => {
  assertNotMet('7', [
    ...[
      'Let x = 7.',
      'Suppose that it is 7.',
      'We need to check 7.',
      'Test n=7.',
      'Check: 7',
      'such as 7',
      'Confidence: 7',
      'It is 8. Or 7',
    ],
    ...['x = 8\nx = 7', '| answer |\n|---|\n| 8 |\n| 7 |', '设x=7', 'Soit x = 7.', 'Sea x = 7.'],
  ]);
  assertMet('7', [
    "Let's add: 3 + 4 = 7",
    'Let x be the number of boxes. So x = 7',
    'x = 14/2\nx = 7',
    '|x|\nx = 7',
    'So it is 7.',
  ]);
});
