/**
 * Policies of Sallyport. A statement ends at the end of its line or at `;`, but not after a comma. What its words mean is
 * not told here: queries/highlights.scm knows them, and `sallyport check` whether they are right.
 */

/// <reference types="tree-sitter-cli/dsl" />

/** Statements with what separates them; a block needs no separator after it, and the last statement none. */
const body = ($) =>
  seq(
    repeat(choice($._separator, $.block_statement, seq($.statement, $._separator))),
    optional($.statement),
  );

module.exports = grammar({
  name: "sallyport",

  // The end of a line means something.
  extras: ($) => [/[ \t\r]/, $.comment],

  rules: {
    source_file: body,

    _separator: () => choice("\n", ";"),

    statement: ($) => seq(field("keyword", $.word), repeat($._item)),

    // A declaration, or a server that a publication gives in place.
    block_statement: ($) => seq(field("keyword", $.word), repeat($._item), field("body", $.block)),

    block: ($) => seq("{", body($), "}"),

    _item: ($) => choice($.word, $.number, $.address, $.string, $.arrow, "=", $._comma),

    // A list goes on in the next line.
    _comma: () => prec.right(seq(",", repeat("\n"))),

    arrow: () => "->",

    string: ($) => seq('"', repeat(choice($._text, $.escape)), '"'),
    _text: () => token.immediate(/[^"\\\n]+/),
    escape: () => token.immediate(/\\["\\]/),

    number: () => token(prec(1, /0x[0-9a-fA-F]+|[0-9]+(-[0-9]+)?/)),

    address: () =>
      token(prec(2, /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(\/[0-9]+)?|[0-9a-fA-F]*:[0-9a-fA-F:.]+(\/[0-9]+)?/)),

    // The first half of an arrow is none of it.
    word: () => /([A-Za-z0-9._:\/@%+*]|-[A-Za-z0-9._:\/@%+*])+-?/,

    comment: () => token(/#[^\n]*/),
  },
});
