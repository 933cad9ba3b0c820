/*
 * What the dialogs of all nodes share: validators, typed inputs, rows that belong to a choice, questions to the server.
 * The build writes this file and dialog.css into every dialog (docs/adr/0061-dialogs-share-one-script.md).
 */

/**
 * @param {string} entry base name of the node's files: its catalog has it
 * @param {string} type the node's type
 */
window.waCallDialog = (entry, type) => {
  const TEXTS = ['msg', 'flow', 'global', 'str', 'env', 'jsonata'];
  const sentence = (key) => RED._(`@flowcall/node-red-whatsapp-calling/${entry}:${type}.error.${key}`);
  const isMissing = (value) => value === undefined || value === null || value === '';
  const isBlank = (value) => isMissing(value) || String(value).trim() === '';
  /** What an environment variable holds is only known where the node runs. */
  const isEnv = (value) => /^\$\{[^}]+\}$/.test(value);
  const fieldOf = (node, name) => $(`#${node._def.category === 'config' ? 'node-config-input' : 'node-input'}-${name}`);
  const valueIn = (field) => (field.is(':checkbox') ? field.prop('checked') : field.val());

  /** A property as the person sees it: what the dialog shows, if it is this node's that is open; else what is kept. */
  const current = (node, name) => {
    const field = RED.editor?.getEditStack().includes(node) ? fieldOf(node, name) : [];
    const value = field.length > 0 ? valueIn(field) : node[name];
    return isMissing(value) ? node._def?.defaults[name]?.value : value;
  };

  /**
   * Whether a condition holds: `action=record split!=no` (both), `captureRecording or captureTranscript` (one of them). `x=a,b`: x is
   * one of these, `x!=a,b`: none of them, `x`: the box is ticked.
   */
  const holds = (condition, read) =>
    condition.split(' or ').some((all) =>
      all.split(' ').every((one) => {
        const [, name, not, words] = /^(\w+)(?:(!?)=(.+))?$/.exec(one);
        if (words === undefined) return read(name) === true;
        return words.split(',').includes(String(read(name))) !== (not === '!');
      }),
    );

  /** Two parameters: Node-RED then takes a text for what is wrong. */
  const validator = (key, fits) =>
    function (value, _options) {
      return isEnv(value) || fits.call(this, value) ? true : sentence(key);
    };
  const number = (pattern, low, high, key, fits = () => true) =>
    // Nothing: the runtime takes the default, which the field shows in grey.
    validator(
      key,
      (value) =>
        isMissing(value) ||
        (pattern.test(value) && Number(value) >= low && Number(value) <= high && fits(Number(value))),
    );

  return {
    current,
    validator,
    whole: (low, high, key, fits) => number(/^\d+$/, low, high, key, fits),
    decimal: (low, high, key) => number(/^\d+(\.\d+)?$/, low, high, key),
    /** Nothing, or what the pattern describes. */
    text: (pattern, key) => validator(key, (value) => isMissing(value) || pattern.test(value)),
    filled: (key, pattern = /\S/) => validator(key, (value) => !isBlank(value) && pattern.test(value)),
    atMost: (length, key) => validator(key, (value) => isMissing(value) || String(value).length <= length),
    json: (key, fits) =>
      validator(key, (value) => {
        if (isMissing(value)) return true;
        try {
          const found = JSON.parse(value);
          return typeof found === 'object' && found !== null && fits(found);
        } catch {
          return false;
        }
      }),
    /** A name such as Europe/Lisbon. Browsers know offsets as well, WhatsApp does not. */
    zone: (key) =>
      validator(key, (value) => {
        if (isMissing(value)) return true;
        try {
          return /^[A-Za-z]/.test(value) && Boolean(new Intl.DateTimeFormat('en', { timeZone: value }));
        } catch {
          return false;
        }
      }),
    /** The value beside a property `nameType`; nothing is fine. */
    typed: (name) => RED.validators.typedInput({ typeField: `${name}Type`, allowBlank: true, allowUndefined: true }),
    /** Judges only where a condition holds: elsewhere the value is not used. */
    when: (condition, judge) =>
      function (value, options) {
        return !holds(condition, (name) => current(this, name)) || judge.call(this, value, options);
      },

    /**
     * What palette and canvas say, from the catalog. A node is called by its name, else by what it does.
     *
     * @param outputs key of each output's label
     * @param summary whether there is a summary of each action
     */
    face: (outputs = [], summary = false) => ({
      paletteLabel() {
        return this._(`${type}.palette`);
      },
      label() {
        return this.name || this._(summary && this.action ? `${type}.summary.${this.action}` : `${type}.palette`);
      },
      labelStyle() {
        return this.name ? 'node_label_italic' : '';
      },
      inputLabels() {
        return this._(`${type}.input`);
      },
      outputLabels(index) {
        return this._(`${type}.output.${outputs[index]}`);
      },
    }),

    /**
     * For `oneditprepare`: fills in what a flow of an earlier version (or one written by hand) lacks, makes typed inputs, and shows
     * the rows whose `data-when` holds, or in which something is wrong.
     *
     * @param types kinds of values of the typed inputs that do not take the usual ones, by property
     */
    prepare: (node, types = {}) => {
      const { defaults } = node._def;
      const form = fieldOf(node, 'name').closest('form').addClass('wa-call-dialog');
      for (const [name, { value, type: reference }] of Object.entries(defaults)) {
        const field = fieldOf(node, name);
        if (reference !== undefined) {
          field.parent().css('width', 'var(--wa-call-field)');
          continue;
        }
        if (node[name] === undefined) field.is(':checkbox') ? field.prop('checked', value) : field.val(value);
        if (field.is('[type=number]:not([placeholder])')) field.attr('placeholder', value);
      }
      for (const name of Object.keys(defaults)) {
        const kind = defaults[`${name}Type`];
        if (kind === undefined && types[name] === undefined) continue;
        fieldOf(node, name)
          .css('width', 'calc(var(--wa-call-field))')
          .typedInput({
            types: types[name] ?? TEXTS,
            default: kind?.value ?? types[name][0],
            ...(kind !== undefined && { typeField: fieldOf(node, `${name}Type`) }),
          });
      }
      const showRows = () =>
        form.find('[data-when]').each(function () {
          const wanted = holds($(this).attr('data-when'), (name) => valueIn(fieldOf(node, name)));
          // What is wrong can only be put right where it is seen.
          $(this).toggle(wanted || $(this).find('.input-error').length > 0);
        });
      form.on('change', 'select, input[type=checkbox]', showRows);
      showRows();
      // The editor judges the fields when this is done.
      setTimeout(showRows);
    },

    /** Suggests the languages in which WhatsApp announces a recording (call recording page, 31 Aug 2026). */
    suggestLanguages: (list) => {
      for (const language of 'en en_US en_AU en_CA en_GB en_IN en_NZ nl fr de hi it kn pt es es_ES te vi'.split(' '))
        list.append($('<option>').val(language));
    },

    /**
     * Asks this node's part of the server.
     *
     * @param words the catalog's sentences for `forbidden` and `failed`
     * @returns promise of the answer; rejected with what to show: `{ text, nextStep }`
     */
    ask: (path, question, words) =>
      $.ajax({
        url: `${type}/${path}`,
        type: 'POST',
        contentType: 'application/json; charset=utf-8',
        data: JSON.stringify(question),
      }).then(undefined, ({ status, responseJSON: told }) =>
        $.Deferred().reject(
          told?.text
            ? { text: told.text, nextStep: told.nextStep ?? '' }
            : { text: words(status === 401 || status === 403 ? 'forbidden' : 'failed'), nextStep: '' },
        ),
      ),
  };
};
