/** Words of French, German, Italian, Portuguese, Spanish and a few more languages, in the classes of the vocabulary. */
export const WORDS_OF_LANGUAGES: Readonly<Record<'denial' | 'bound' | 'preposition' | 'condition', string>> = {
  denial:
    'faux fausse fausses incorrecte erroné erronée mauvais mauvaise hormis excepté probablement supposons opposé opposée ' +
    'falsch falsche falscher falsches falschen falschem keiner keines keinen keinem niemals außer unmöglich angenommen weder vermutlich wahrscheinlich möglicherweise ' +
    'falso falsa incorrecto incorrecta errónea erróneo equivocada equivocado excepto salvo quizá supongamos imposible ninguno tampoco ' +
    'incorreta incorreto errada errado exceto suponhamos impossível tampouco nenhum nenhuma ' +
    'sbagliata sbagliato errata errato tranne eccetto supponiamo impossibile nessun nessuno neppure ' +
    'niet geen nooit misschien değil yanlış inte ikke nie błędna không bukan tidak неверно неправильно ошибочно кроме минус корень половина никогда ' +
    'سالب ناقص جذر نصف ضعف مربع تربيع ليست غير خطأ إلا ماعدا سوى ऋण ऋणात्मक माइनस वर्ग आधा आधी गलत सिवाय अलावा',
  bound:
    'supérieur supérieure inférieur inférieure presque mehr größer grösser kleiner höher niedriger bis maximal minimal knapp ' +
    'más mayor menor superior inferior hasta mais maior até quase più maggiore minore superiore inferiore fino oltre almeno ' +
    'अधिक ज़्यादा ज्यादा न्यूनतम अधिकतम الأقل الأكثر يزيد الأقصى ' +
    'свыше минимум максимум почти выше ниже',
  preposition: 'als aus sous vers dans sans hors dès depuis',
  condition: 'soit sei sia sea seja пусть если',
};

/**
 * Words that make another number of the one before them, or a bound of it: powers ("7 au carré", "7 zum Quadrat"),
 * parts ("7 dixièmes", "7 Zehntel"), and what excludes it. A subject may have them: "l'aire du carré est 7".
 */
export const CHANGES_BEHIND: ReadonlySet<string> = new Set(
  (
    'carré factorielle exclu exclue exclus tiers demi demie demis dixième dixièmes centième centièmes millième millièmes ' +
    'cinquième cinquièmes sixième sixièmes septième septièmes huitième huitièmes neuvième neuvièmes ' +
    'quadrat fakultät halb halbe einhalb drittel viertel fünftel sechstel siebtel achtel neuntel zehntel hundertstel tausendstel promille ausgenommen ausgeschlossen ' +
    'cuadrado décima décimas centésima centésimas milésima milésimas tercio tercios cuarto cuartos quinto quintos sexto sextos séptimo séptimos ' +
    'octavo octavos noveno novenos medio media medios mitad excluido excluida exclusive ' +
    'quadrado décimo décimos centésimo centésimos milésimo milésimos terço terços quartos meio meia metade excluído excluída fatorial ' +
    'quadrato decimo decimi centesimo centesimi millesimo millesimi terzo terzi quarto quarti quinti sesto sesti mezzo mezza metà escluso esclusa fattoriale ' +
    'mehr más mais più moins menos meno inversé inversée rejeté rejetée éliminé éliminée zéro negatif scheidet entfällt rückwärts null descartado ' +
    'descartada scartato scartata eliminado eliminada eliminato cero négatif négative négatifs negativ negativo negativa negativos negativi ' +
    'environ ungefähr etwa tausende hunderte dutzende bin milyon ribu juta nghìn triệu tysięcy miljoen tusen duizend'
  ).split(' '),
);

/** "7 au cube", "7 al cubo": a cube alone is a thing. */
export const CUBED_BEHIND = /^(?:au|al|ao) (?:cube|cubo)$/i;
