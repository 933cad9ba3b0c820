import type { TemplateDraft } from './template.ts';

/** The templates that come along. */
export const READY_NAMES = ['general', 'appointment', 'support', 'follow_up'] as const;
export type ReadyName = (typeof READY_NAMES)[number];
export const READY_LANGUAGES = ['en_US', 'pt_BR', 'es', 'de'] as const;
export type ReadyLanguage = (typeof READY_LANGUAGES)[number];

type Wording = Pick<TemplateDraft, 'body' | 'footer'> & { examples: string[] };

/**
 * A general request, one for appointments, one for support, and one that follows up on a request. All are utility, and
 * all say who, why, and that it is a free WhatsApp call; the buttons are WhatsApp's own. `{{1}}` is the person's name,
 * `{{2}}` what it is about, `{{3}}` when; in *follow up* `{{1}}` is what it is about.
 */
const WORDINGS: Record<ReadyName, Record<ReadyLanguage, Wording>> = {
  general: {
    en_US: {
      body: 'Hello {{1}}, may we call you on WhatsApp about {{2}}? The call is free for you, over mobile data or WiFi.',
      footer: 'You can withdraw this at any moment.',
      examples: ['Ana', 'your delivery 4471'],
    },
    pt_BR: {
      body: 'Olá, {{1}}! Podemos ligar para você pelo WhatsApp sobre {{2}}? A ligação é gratuita, por dados móveis ou Wi-Fi.',
      footer: 'Você pode mudar de ideia quando quiser.',
      examples: ['Ana', 'a sua entrega 4471'],
    },
    es: {
      body: 'Hola, {{1}}. ¿Podemos llamarte por WhatsApp sobre {{2}}? La llamada es gratis, por datos móviles o wifi.',
      footer: 'Puedes cambiar de opinión cuando quieras.',
      examples: ['Ana', 'tu entrega 4471'],
    },
    de: {
      body: 'Guten Tag {{1}}, dürfen wir Sie per WhatsApp wegen {{2}} anrufen? Der Anruf ist für Sie kostenlos, über mobile Daten oder WLAN.',
      footer: 'Sie können das immer widerrufen.',
      examples: ['Ana', 'Ihrer Lieferung 4471'],
    },
  },
  appointment: {
    en_US: {
      body: 'Hello {{1}}, may we call you on WhatsApp about your appointment on {{2}}? We would ring around {{3}}. The call is free over mobile data or WiFi.',
      footer: 'Appointments team',
      examples: ['Ana', '24 November', '10:00'],
    },
    pt_BR: {
      body: 'Olá, {{1}}! Podemos ligar para você pelo WhatsApp sobre a sua consulta de {{2}}? Ligaríamos por volta das {{3}}. A ligação é gratuita, por dados móveis ou Wi-Fi.',
      footer: 'Equipe de agendamentos',
      examples: ['Ana', '24 de novembro', '10:00'],
    },
    es: {
      body: 'Hola, {{1}}. ¿Podemos llamarte por WhatsApp sobre tu cita del {{2}}? Sería hacia las {{3}}. La llamada es gratis, por datos móviles o wifi.',
      footer: 'Equipo de citas',
      examples: ['Ana', '24 de noviembre', '10:00'],
    },
    de: {
      body: 'Guten Tag {{1}}, dürfen wir Sie per WhatsApp wegen Ihres Termins am {{2}} anrufen? Wir würden uns gegen {{3}} Uhr melden. Der Anruf ist kostenlos, über mobile Daten oder WLAN.',
      footer: 'Terminteam',
      examples: ['Ana', '24. November', '10:00'],
    },
  },
  support: {
    en_US: {
      body: 'Hello {{1}}, may we call you on WhatsApp about {{2}}, so that we can resolve it together? The call is free over mobile data or WiFi.',
      footer: 'Support team',
      examples: ['Ana', 'your support case 8812'],
    },
    pt_BR: {
      body: 'Olá, {{1}}! Podemos ligar para você pelo WhatsApp sobre {{2}}, para resolver isso juntos? A ligação é gratuita, por dados móveis ou Wi-Fi.',
      footer: 'Equipe de suporte',
      examples: ['Ana', 'o seu chamado 8812'],
    },
    es: {
      body: 'Hola, {{1}}. ¿Podemos llamarte por WhatsApp sobre {{2}}, para resolverlo contigo? La llamada es gratis, por datos móviles o wifi.',
      footer: 'Equipo de soporte',
      examples: ['Ana', 'tu caso 8812'],
    },
    de: {
      body: 'Guten Tag {{1}}, dürfen wir Sie per WhatsApp wegen {{2}} anrufen, um es gemeinsam zu lösen? Der Anruf ist kostenlos, über mobile Daten oder WLAN.',
      footer: 'Kundendienst',
      examples: ['Ana', 'Ihres Falls 8812'],
    },
  },
  follow_up: {
    en_US: {
      body: 'We would like to follow up on your request about {{1}} with a WhatsApp call. It is free for you, over mobile data or WiFi.',
      footer: 'Customer care',
      examples: ['changing your plan'],
    },
    pt_BR: {
      body: 'Gostaríamos de dar seguimento ao seu pedido sobre {{1}} com uma ligação pelo WhatsApp. Ela é gratuita, por dados móveis ou Wi-Fi.',
      footer: 'Atendimento ao cliente',
      examples: ['a mudança do seu plano'],
    },
    es: {
      body: 'Queremos dar seguimiento a tu solicitud sobre {{1}} con una llamada por WhatsApp. Es gratis, por datos móviles o wifi.',
      footer: 'Atención al cliente',
      examples: ['el cambio de tu plan'],
    },
    de: {
      body: 'Zu Ihrer Anfrage wegen {{1}} würden wir Sie gern per WhatsApp anrufen. Der Anruf ist kostenlos, über mobile Daten oder WLAN.',
      footer: 'Kundenservice',
      examples: ['eines neuen Tarifs'],
    },
  },
};

/** A ready template, to be created as it is or changed first. Its name at WhatsApp is `call_permission_<name>`. */
export function readyTemplate(name: ReadyName, language: ReadyLanguage): TemplateDraft {
  const { examples, ...wording } = WORDINGS[name][language];
  return {
    name: `call_permission_${name}`,
    language,
    category: 'utility',
    ...wording,
    examples: [...examples],
    asksPermission: true,
  };
}
