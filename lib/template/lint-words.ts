/**
 * Words by which the linter knows what a text says, per language (BCP 47 primary tag). A language that is not here is
 * not judged by its words.
 */
export interface LintWords {
  /** That this is a call. */
  call: RegExp;
  /** That it costs the person nothing: data or WiFi. */
  free: RegExp;
  /** What the call is about. */
  why: RegExp;
  /** A purpose that could be anything. */
  vague: RegExp;
  /** Selling. */
  selling: RegExp;
  /** Names of buttons that only WhatsApp writes. */
  buttons: RegExp;
}

export const LINT_WORDS: Readonly<Record<string, LintWords>> = {
  en: {
    call: /\b(call|calls|calling|phone|ring|speak|talk)\b/i,
    free: /\b(free|no (charge|cost)|wi-?fi|internet|data)\b/i,
    why: /\b(about|regarding|concerning|because|so that|in order to|to (confirm|discuss|arrange|help|answer|resolve|follow|reschedule|explain))\b/i,
    vague: /\b(future calls?|any ?time|whenever|from time to time|occasionally|various (things|matters)|anything)\b/i,
    selling: /\b(offers?|discounts?|sale|promo(tion)?s?|deals?|coupons?|buy now|special price|upgrade now|% off)\b/i,
    buttons: /\b(tap|press|click|choose|select)\b.{0,30}\b(allow|button|below|not now|yes)\b/i,
  },
  pt: {
    call: /(?<!\p{L})(liga(r|ção|ções|mos|rmos)?|chamadas?|falar|telefon\p{L}*)(?!\p{L})/iu,
    free: /(?<!\p{L})(grátis|gratuit[ao]s?|sem custo|wi-?fi|internet|dados)(?!\p{L})/iu,
    why: /(?<!\p{L})(sobre|a respeito|referente|porque|para (confirmar|tratar|combinar|ajudar|responder|resolver|remarcar|explicar)|por causa)(?!\p{L})/iu,
    vague:
      /(?<!\p{L})(futur[ao]s|a qualquer (hora|momento)|quando (quisermos|for preciso)|de vez em quando|diversos assuntos)(?!\p{L})/iu,
    selling: /(?<!\p{L})(ofertas?|descontos?|promoç(ão|ões)|liquidação|cupo(m|ns)|compre (já|agora))(?!\p{L})/iu,
    buttons:
      /(?<!\p{L})(toque|aperte|clique|escolha|pressione)(?!\p{L}).{0,30}(?<!\p{L})(permitir|botão|abaixo|agora não|sim)(?!\p{L})/iu,
  },
  es: {
    call: /(?<!\p{L})(llama(r|da|das|mos|rte|rle|remos)?|hablar|telefon\p{L}*)(?!\p{L})/iu,
    free: /(?<!\p{L})(gratis|gratuit[ao]s?|sin (costo|coste|cargo)|wi-?fi|internet|datos)(?!\p{L})/iu,
    why: /(?<!\p{L})(sobre|acerca de|respecto|porque|para (confirmar|tratar|acordar|ayudar\p{L}*|responder|resolver|cambiar|explicar\p{L}*)|por tu|por su)(?!\p{L})/iu,
    vague:
      /(?<!\p{L})(futur[ao]s|en cualquier momento|cuando (sea|queramos)|de vez en cuando|varios asuntos)(?!\p{L})/iu,
    selling: /(?<!\p{L})(ofertas?|descuentos?|promoci(ón|ones)|rebajas?|cup(ón|ones)|compra ya)(?!\p{L})/iu,
    buttons:
      /(?<!\p{L})(toca|pulsa|presiona|haz clic|elige)(?!\p{L}).{0,30}(?<!\p{L})(permitir|botón|abajo|ahora no|sí)(?!\p{L})/iu,
  },
  de: {
    call: /(?<!\p{L})(an(zu)?rufen|anruf\p{L}*|rufen|telefon\p{L}*|sprechen|ruf)(?!\p{L})/iu,
    free: /(?<!\p{L})(kostenlos\p{L}*|kostenfrei\p{L}*|gratis|wlan|wi-?fi|internet|mobile daten|daten)(?!\p{L})/iu,
    why: /(?<!\p{L})(wegen|zu ihr\p{L}*|zu dein\p{L}*|über|bezüglich|weil|um .{1,60} zu)(?!\p{L})/iu,
    vague:
      /(?<!\p{L})(künftig\p{L}*|zukünftig\p{L}*|jederzeit|irgendwann|gelegentlich|verschiedene\p{L}* themen)(?!\p{L})/iu,
    selling:
      /(?<!\p{L})(angebot\p{L}*|rabatt\p{L}*|aktion(en|spreis)?|gutschein\p{L}*|schnäppchen|jetzt kaufen)(?!\p{L})/iu,
    buttons:
      /(?<!\p{L})(tippen|drücken|klicken|wählen)(?!\p{L}).{0,40}(?<!\p{L})(erlauben|schaltfläche|button|unten|nicht jetzt|ja)(?!\p{L})/iu,
  },
};
