/**
 * What may stand beside a number in scripts other than the Latin one. A word of these languages that is in no list may
 * be a sign, a bound or a denial ("负7", "7左右", "7이 아닙니다"), so that only closed lists join a number: what says that
 * something is or has so many right before it, counters, units and ends of sentences right behind it. A noun behind a
 * counter may be any word without a sign that changes what is counted.
 */

/** Greek and everything behind it. */
const OTHER_SCRIPT = /[\u0370-\u1dff\u2e80-\ud7ff\uf900-\ufaff]/;

/** Whether a word has a letter of another script than the Latin one. */
export function isOtherScript(word: string): boolean {
  return OTHER_SCRIPT.test(word);
}

const list = (words: string): ReadonlySet<string> => new Set(words.split(' '));
const anyOf = (words: string): string => words.trim().split(/\s+/).join('|');

/** Whether a word in another script denies, bounds or changes the value it speaks of, whatever else it says. */
export function changesByForm(word: string): boolean {
  if (!OTHER_SCRIPT.test(word)) return false;
  return HAN_CHANGES.test(word.replace(HAN_HARMLESS, ' ')) || HANGUL_CHANGES.test(word) || CYRILLIC_CHANGES.test(word);
}

/** Compounds that have a sign of those that change a value, and change none. */
const HAN_HARMLESS = new RegExp(
  anyOf(
    `不同 相同 不等式 未知数 未知數 半径 半徑 半圆 半圓 非负 最可能 最接近 最有可能 最大公约数 最大公約數 最小公倍数 最小公倍數 最大值 最小值 最大公因数
     (?:平方|立方)(?:公?分|[厘毫分千公]?[米里尺升]|英[尺寸里]|和|差|数|數|メートル|センチ) 负数 反应`,
  ),
  'gu',
);

/** Negations, bounds, doubts and suppositions. */
const HAN_DENIALS = anyOf(
  `[不非没沒無无未或错錯误誤逾吗嗎] 至少 至多 最多 最少 大[于於] 小[于於] 多[于於] 少[于於] 高[于於] 低[于於] 超[过過] 以[上下内內外] 之[上下内內外]
   左右 上下浮动 前[後后] 接近 将近 將近 除[了外去] 排除 否 可能 也许 也許 或许 大概 似乎 好像 猜 假[设設如定] 如果 倘若 ^[设設令若] ^当(?![前天地年])
   [舍捨] 几乎 幾乎 难道 難道 莫非 岂 豈 [认認]为 [认認]為 以为 以為 [说說]是 希望 曾[经經] 本[应應] [记記]为 分[别別]是 分[别別]为 密[码碼]
   验证 驗證 检验 檢驗 试试 尝试 例如 比如 譬如 ない ません ではな じゃな 間違 以外 未満 かも たぶん くらい ぐらい ほど 程度 もし`,
);

/** What is another number than the one it is made of. */
const HAN_OPERATIONS = anyOf(
  `[半倍負负] 零下 相反 反数 反數 倒数 倒數 平方 立方 次方 次[幂冪] 阶乘 階乘 根号 根號 开方 分之 百分 绝对值 絕對值 マイナス ルート 半分 逆数`,
);

const HAN_DENIES = new RegExp(HAN_DENIALS, 'u');
const HAN_CHANGES = new RegExp(`${HAN_DENIALS}|${HAN_OPERATIONS}`, 'u');

/** Whether a run of Chinese or Japanese denies, bounds or doubts: a subject may well be a square or a multiple. */
export function deniesByForm(run: string): boolean {
  return HAN_DENIES.test(run.replace(HAN_HARMLESS, ' '));
}

const HANGUL_CHANGES = new RegExp(
  anyOf(
    `아니 아닌 아닙 않 없 못 틀[린렸] 오답 제외 빼고 반대 이상 이하 미만 초과 가량 남짓 거의 최소한 최대한 적어도 많아야 마이너스 음수 제곱(?!미터|센티|킬로|cm|m)
     루트 절반 두[ ]?배 역수 계승 아마 만약 혹시 가정`,
  ),
  'u',
);

/** Adjectives, whatever their end. */
const CYRILLIC_CHANGES = /^(?:неправильн|неверн|ошибочн|ложн|противоположн|обратн)/iu;

/** Whether words of which the last one is in another script lead to a value: "共有", "答えは", "합계는", "равно". */
export function leadsToValue(last: string): boolean {
  return HAN_LEAD.test(last) || HANGUL_LEAD.test(last) || WORD_LEADS.has(last.toLowerCase());
}

const HAN_LEAD = new RegExp(
  `(?:${anyOf(
    `是 为 為 有 等[于於] 得 得到 得出 共 合[计計] [总總][计計] 剩 剩下 [还還]剩 剩余 需 需要 要 用 花 付 [赚賺] [卖賣]出? [买買] 吃 走 行 行[驶駛] 跑
     [约約] 即 [应應] 答 答案 [结結]果 [选選] [带帶] 拿 [给給] 收到? [种種] [写寫] 看 [读讀] 做 每(?:人|天|[个個]|小[时時]|分[钟鐘]|次|年|月|[组組]|班|箱|盒|袋) 答えは は 全部で 全体で 合わせて 合計 残り およそ 答え`,
  )})(?:了|出|[为為])?$`,
  'u',
);

/** A topic or a subject, and adverbs of sums. */
const HANGUL_LEAD = /[\uac00-\ud7a3](?:은|는|이|가)$|^(?:총|모두|전부|합계|약|답|정답|결과|즉|따라서|그러므로|총합)$/u;

const WORD_LEADS = list(
  'равно равен равна равны это есть было был была были будет будут составляет составит составил составила получаем получим получится ' +
    'получилось получили осталось останется остаётся остался осталась нужно потребуется понадобится стоит стоил стоила всего итого ответ имеет имел ' +
    'заплатил заплатила заработал заработала купил купила продал продала съел съела прошёл прошел проехал примерно около ' +
    'هو هي يساوي تساوي الجواب الإجابة الناتج النتيجة المجموع العدد هناك يوجد توجد لديه لديها لدينا لديهم يبقى تبقى بقي يصبح حوالي تقريبا پاسخ جواب برابر ' +
    'उत्तर जवाब अब कुल योग बराबर में पर पास को ने लगभग केवल सिर्फ परिणाम मान',
);

/**
 * Whether words right behind a number leave it alone: a counter or unit, a noun, the end of a sentence. Behind a unit
 * that was read already (`isBehindUnit`) the counter is there.
 */
export function countsValue(words: readonly string[], isBehindUnit: boolean): boolean {
  const [first, ...rest] = words;
  if (first === undefined) return false;
  if (/^[\uac00-\ud7a3]/.test(first) || HANGUL_BEHIND_LATIN.test(first))
    return countsInHangul(first, rest, isBehindUnit);
  if (HAN.test(first)) return rest.length === 0 && countsInHan(first, isBehindUnit);
  return countsInWords(words, isBehindUnit);
}

const HAN = /[\u2e80-\ua4cf\uf900-\ufaff]/;

/** Counters and units of Chinese and Japanese. */
const HAN_COUNTER = new RegExp(
  `^(?:${anyOf(
    `位(?!小?[数數]) 年(?![级級]) 小[时時] 分[钟鐘] 星期 [个個箇]月 [个個]小[时時] [个個]星期 [ヶかカケ]月 平方公?[厘分毫千]?[米里] 立方公?[厘分毫千]?[米] 平方(?:英[尺寸里]|センチメートル|メートル|キロメートル)
     立方(?:センチメートル|メートル) [厘分毫千公]米 公[里斤分尺升顷頃吨噸] 英[里尺寸] [千毫]克 毫升 立升 美元 [欧歐]元 英[镑鎊] 日元 美分 人次 周[岁歲] [摄攝]氏度 加[仑侖]
     元[钱錢] [块塊][钱錢] [时時][间間] 分間 秒間 日間 年間 週間 通り センチメートル キロメートル ミリメートル キログラム センチ メートル キロ グラム リットル
     ドル セント ユーロ ページ [个個箇名人只隻条條张張本块塊元角分枚颗顆粒朵棵株辆輛台臺架艘间間座栋棟层層家所户戶口头頭匹双雙对對套件根支枝盒箱包袋瓶杯
     碗盘盤篇页頁册冊份幅段句排组組队隊班岁歲歳天秒次回种種类類样樣点點度条道题題桶篮籃斤吨噸升米克磅円圆圓枚匹人週段袋匙勺串团團批场場门門名时時碟壶壺期周面滴片]
     (?:cm|mm|km|kg|g|m|ml|mL|L)`,
  )})`,
  'u',
);

/** Attributes of a noun that change nothing. */
const HAN_ATTRIBUTE =
  /^の|^(?:不同|相同|[这這][样樣]|可能|[红紅][色]?|[蓝藍][色]?|[绿綠]色|[黄黃]色|白色|黑色|完整|完全相同|符合[条條]件|[满滿]足[条條]件|[满滿]足[题題]意|符合[题題]意|[实實]|整)的?/u;

/** Nouns with a sign that would change a value if it stood there alone. */
const HAN_NOUNS = new RegExp(
  anyOf(
    `[三四五六七八九多][角边邊][形体體]? 正?[方长長][形体體] 平行四[边邊]形 正?整[数數] 自然[数數] 正[数數] [负負][数數] [实實][数數] 偶[数數] 奇[数數] 质[数數] 素数 合[数數] 分[数數]
     小[数數] 因[数數] 约[数數] 倍[数數] [数數][字学學] [数數]$ 方法 方案 方式 方[块塊程] 小朋友 小孩 小[组組球] 小[学學]生 大人 中[国國学學] 上衣 内容 一次函 二次函 几何 [题題][目] [项項]目 以[后後前] 天?[后後]$`,
  ),
  'gu',
);

const HAN_NOUN_CHANGES =
  /[的之着过過吗嗎呢吧么麼不非没沒無无未否别別勿多余餘几幾数數许許左右半倍成折打以至近约約超满滿内內外前后後上下中错錯误誤假反负負减減加乘除商积積差幂冪方根号號阶階因若如当當或但却卻而还還就都才是为為等于於比较較每各第零一二三四五六七八九十百千万萬亿億两兩位形进進率小大起目缺欠亏虧赔賠空损損]/u;

/** Ends of a sentence of Japanese, and the mark of a change in Chinese. */
const HAN_END =
  /(?:了|です|でした|である|だ|だった|になります|となります|になる|となる|あります|います|[がは]ある|[がは]いる|[がは]あります|[がは]います|[がは]?残ります|[がは]?必要です|[がをは]?[売買食]べ?ました|かかります)$/u;

function countsInHan(word: string, isBehindUnit: boolean): boolean {
  const bare = word.replace(HAN_END, '');
  if (bare === '') return true;
  const counter = isBehindUnit ? '' : HAN_COUNTER.exec(bare)?.[0];
  if (counter === undefined) return false;
  const noun = bare.slice(counter.length).replace(HAN_ATTRIBUTE, '').replace(HAN_ATTRIBUTE, '');
  if (noun === '') return true;
  if (noun.length > MAX_NOUN || /[\u3041-\u3096]/.test(noun.replace(HIRAGANA_NOUNS, ''))) return false;
  return !HAN_NOUN_CHANGES.test(noun.replace(HAN_NOUNS, ''));
}

/** Things that are counted and written in Hiragana, which else writes the grammar. */
const HIRAGANA_NOUNS = /^(?:りんご|みかん|たまご|いちご|あめ|おにぎり|ものさし|もも|なし|かき|ひも|ねこ|いぬ)$/u;

/** Longer runs of signs are sentences. */
const MAX_NOUN = 16;

const HANGUL_COUNTER = anyOf(
  `개 개월 명 원 살 권 마리 장 대 병 잔 송이 그루 자루 번 회 가지 분 초 시간 일 주 주일 달 년 세 점 쪽 페이지 미터 센티미터 킬로미터 밀리미터 그램 킬로그램 톤 리터
   밀리리터 도 제곱미터 제곱센티미터 제곱킬로미터 세제곱미터 세제곱센티미터 달러 센트 켤레 벌 채 층 칸 줄 조각 봉지 상자 곳 팀 사람 학생 포기 통 알 cm km m kg g ml L`,
);
const HANGUL_BEHIND_LATIN = /^(?:cm|km|m|kg|g|ml|L)[\uac00-\ud7a3]/;

const HANGUL_ENDS =
  '(?:입니다|이다|다|이에요|예요|에요|임|이었습니다|였습니다|됩니다|된다|있습니다|있다|있어요|남습니다|남았습니다|남는다|필요합니다|필요하다|걸립니다)';
const HANGUL_WHOLE = new RegExp(`^(?:${HANGUL_COUNTER})?${HANGUL_ENDS}$`, 'u');
const HANGUL_COUNTED = new RegExp(`^(?:${HANGUL_COUNTER})([가이를을은는의씩]?)$`, 'u');
const HANGUL_END = new RegExp(`^${HANGUL_ENDS}$`, 'u');

/** "7개", "7개입니다", "7개의 사과가 있습니다", "7이 됩니다". */
function countsInHangul(first: string, rest: readonly string[], isBehindUnit: boolean): boolean {
  if (HANGUL_WHOLE.test(first)) return rest.length === 0;
  const counted = HANGUL_COUNTED.exec(first);
  const isParticle = /^[가이]$/.test(first);
  if (counted === null && !isParticle && !isBehindUnit) return false;
  if (rest.length === 0) return counted !== null && !/[씩의]/.test(counted[1]!);
  const [noun, ...tail] = counted?.[1] === '의' || isBehindUnit ? rest : ['', ...rest];
  if (HANGUL_CHANGES.test(noun!) || /배|곱|반$/.test(noun!)) return false;
  return tail.length === 0 ? noun !== '' : tail.length === 1 && HANGUL_END.test(tail[0]!);
}

/** Units, counted things and ends of sentences of the scripts that write words apart. */
const COUNTED = list(
  'рубль рубля рублей руб р копейка копейки копеек доллар доллара долларов евро цент центов м см мм км дм метр метра метров сантиметр сантиметра ' +
    'сантиметров километр километра километров миллиметров г кг т грамм грамма граммов килограмм килограмма килограммов тонна тонны тонн л мл литр литра литров ч час часа ' +
    'часов мин минута минуты минут сек секунда секунды секунд день дня дней неделя недели недель месяц месяца месяцев год года лет градус градуса ' +
    'градусов раз раза штук штуки шт человек человека ученик ученика учеников детей ребёнка яблок яблока яблоко книг книги книга конфет конфеты страниц страницы карандашей карандаша ' +
    'тетрадей тетради билетов билета машин машины деревьев дерева цветов цветка яиц яйца шаров шара монет монеты марок марки коробок коробки способов способа вариантов варианта ' +
    'решений решения чисел числа точек точки треугольников единиц единицы вопросов вопроса мальчиков девочек задач задачи ' +
    'متر متراً مترا أمتار سنتيمتر سنتيمترات كيلومتر كيلومترات كم سم كيلوغرام كيلوجرام كغ كجم غرام جرام لتر لترات ساعة ساعات دقيقة دقائق ثانية ثوان ثواني يوم يوماً ' +
    'يوما أيام أسبوع أسابيع شهر شهراً أشهر سنة سنوات عام أعوام دولار دولارات دولاراً دولارًا ريال ريالات درهم دينار جنيه درجة درجات كتاب كتب كتاباً تفاحة تفاحات شخص أشخاص طالب طلاب ' +
    'قطعة قطع كرة كرات صفحة صفحات مرة مرات وحدة وحدات طريقة طرق بيضة بيضات قلم أقلام تومان نفر روز ' +
    'रुपये रुपए रुपया रु पैसे डॉलर किलोमीटर किमी मीटर सेंटीमीटर सेमी मिलीमीटर किलोग्राम किलो किग्रा ग्राम लीटर घंटे घंटा मिनट सेकंड दिन दिनों सप्ताह हफ्ते महीने महीना साल वर्षीय डिग्री ' +
    'बच्चे लड़के लोग व्यक्ति छात्र पेज पृष्ठ अंडे सेब केले आम फूल पेड़ टुकड़े सिक्के टिकट तरीके अंक संतरे पत्ते खिलौने इकाई इकाइयाँ बार',
);
const WORD_ENDS = list(
  'всего осталось ' +
    'है हैं था थे थी होगा होंगे होगी बचे बचेंगे बचते मिले मिलेंगे लगेंगे लगते चाहिए बेचे खरीदे खाए होते होता होती ' +
    'فقط است',
);

/** Nouns of Hindi in the plural, told by their ends. */
const HINDI_PLURAL = /[\u0900-\u097f]{2}(?:ें|याँ|यां|एँ|एं)$/u;
const HINDI_FUNCTION = /^(?:में|नहीं|हमें|उन्हें|उनमें|इनमें|जिनमें|करें|किन्हें|इन्हें|वर्गें)$/u;

function countsInWords(words: readonly string[], isBehindUnit: boolean): boolean {
  const [first, ...rest] = words.map((word) => word.toLowerCase());
  const isNoun = COUNTED.has(first!) || (HINDI_PLURAL.test(first!) && !HINDI_FUNCTION.test(first!));
  const isEnd = (word: string) => WORD_ENDS.has(word);
  return (isNoun || isBehindUnit || isEnd(first!)) && (isNoun ? rest : words).every(isEnd);
}
