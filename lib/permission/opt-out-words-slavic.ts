import type { LanguageWords } from './opt-out-words.ts';

/** Polish, Russian. */
export const SLAVIC: readonly LanguageWords[] = [
  {
    language: 'pl',
    words: [
      '(wypisz|wypiszcie|zrezygnuj|rezygnuje|przestan|przestancie|dosc|koniec)',
      'wypisz mnie',
      'wypiszcie mnie',
      '(zostaw|zostawcie) mnie w spokoju',
      'dajcie mi spokoj',
      'daj mi spokoj',
    ],
    phrases: [
      '(prosze|) nie (dzwon|dzwoncie|dzwonic|telefonuj|telefonujcie) (do mnie|do nas|pod ten numer|na ten numer|)',
      '(prosze|) do mnie nie (dzwon|dzwoncie|dzwonic)',
      '(zadnych|bez) (telefonow|polaczen|rozmow)',
      'nie chce (telefonow|polaczen|zebyscie dzwonili|zeby pan dzwonil|zeby pani dzwonila)',
      'nie zycze sobie (telefonow|polaczen)',
    ],
    firm: [
      '(przestan|przestancie|prosze przestac|niech pan przestanie|niech pani przestanie) (do mnie|) (dzwonic|wydzwaniac|telefonowac) (do mnie|)',
      '(prosze|) nie (dzwon|dzwoncie|dzwonic) (juz|wiecej|nigdy wiecej) (do mnie|)',
      '(prosze|) (wiecej|juz) (do mnie|) nie (dzwon|dzwoncie|dzwonic) (do mnie|)',
      '(prosze|) nie (dzwon|dzwoncie|dzwonic) do mnie (wiecej|juz)',
      'koniec (telefonow|z telefonami|dzwonienia)',
      '(usun|usuncie|wykresl|wykreslcie|prosze usunac) (mnie|moj numer|ten numer) z (listy|bazy|waszej listy|waszej bazy)',
    ],
    around: [
      '(prosze|bardzo prosze|dziekuje|dzieki|ok|czesc|witam|halo|dzien dobry|dobry wieczor)',
      'nie (jestem zainteresowan(y|a)|interesuje mnie to|dziekuje)',
      '(mowilem|mowilam|powiedzialem|powiedzialam) zeby',
      'ciagle|codziennie',
    ],
    asks: ['czy (mozecie|mozesz|moze pan|moze pani|moglbys|moglibyscie)', '(mozecie|mozesz|moglbys)'],
    conditions: ['jesli', 'jezeli', 'gdy', 'kiedy', 'jak', 'zanim', 'dopoki', 'poki'],
    notTypos: ['dzwoni', 'dzwonie', 'dzwonil', 'dzwonila', 'dzwonili', 'dzwonisz', 'telefony'],
    confirmation: 'Nie będziemy już do Państwa dzwonić. W razie zmiany zdania prosimy napisać.',
  },
  {
    language: 'ru',
    words: [
      '(стоп|хватит|отписаться|отпишите|отписка|прекратите|прекрати|перестаньте|перестань|отстаньте|отстань)',
      'отпишите меня',
      'оставьте меня в покое',
      'оставь меня в покое',
    ],
    phrases: [
      'не (звоните|звони|звонить|надо звонить|нужно звонить) (мне|нам|сюда|на этот номер|)',
      '(мне|сюда) не (звоните|звони|звонить)',
      '(никаких|без) звонков',
      'не хочу (звонков|чтобы мне звонили|чтобы вы звонили)',
      'я не хочу (звонков|чтобы мне звонили|чтобы вы звонили)',
    ],
    firm: [
      '(перестаньте|перестань|прекратите|прекрати|хватит|прошу прекратить) (мне|) (звонить|названивать|беспокоить) (мне|)',
      'прекратите (эти|ваши|) звонки',
      '(больше|) (мне|сюда|) (больше|) не (звоните|звони|звонить) (больше|никогда|) (мне|)',
      'не (звоните|звони) мне больше',
      '(удалите|уберите|вычеркните) (меня|мой номер|этот номер) из (списка|базы|вашей базы|вашего списка)',
    ],
    around: [
      '(пожалуйста|прошу|спасибо|ок|и|здравствуйте|привет|алло|уже|вас)',
      'добрый (день|вечер)|доброе утро',
      '(мне|) не (интересно|интересует)|нет спасибо',
      'каждый день|постоянно',
    ],
    asks: ['(можете|могли бы вы|не могли бы вы|можно|вы можете)'],
    conditions: ['если', 'когда', 'пока', 'до', 'после'],
    notTypos: ['звонит', 'звонят', 'звонили', 'звонила', 'звонишь'],
    confirmation: 'Мы больше не будем вам звонить. Если передумаете, просто напишите нам.',
  },
];
