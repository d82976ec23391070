"""Speaks to `sallyport lsp` as pytest-lsp does, which checks every answer against the protocol.

SALLYPORT: the program. POLICIES: a folder with `office.sally`, a policy without mistakes.
"""

import os
import pathlib

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

FOLDER = pathlib.Path(os.environ["POLICIES"])
OFFICE = FOLDER / "office.sally"
URI = OFFICE.as_uri()


@pytest_lsp.fixture(
    params=["visual_studio_code", "neovim", "emacs"],
    config=ClientServerConfig(server_command=[os.environ["SALLYPORT"], "lsp"]),
)
async def client(request, lsp_client: LanguageClient):
    @lsp_client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
    def registered(params: lsp.RegistrationParams):
        assert [r.method for r in params.registrations] == [lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES]

    await lsp_client.initialize_session(
        lsp.InitializeParams(
            capabilities=client_capabilities(request.param),
            workspace_folders=[lsp.WorkspaceFolder(uri=FOLDER.as_uri(), name="policies")],
        )
    )
    yield
    await lsp_client.shutdown_session()


def opened(client, text=None):
    client.text_document_did_open(
        lsp.DidOpenTextDocumentParams(
            text_document=lsp.TextDocumentItem(
                uri=URI, language_id="sally", version=1, text=OFFICE.read_text() if text is None else text
            )
        )
    )
    return lsp.TextDocumentIdentifier(uri=URI)


def place(word, offset=1):
    for number, line in enumerate(OFFICE.read_text().splitlines()):
        if word in line:
            return lsp.Position(line=number, character=line.index(word) + offset)
    raise AssertionError(word)


WHOLE = lsp.Range(start=lsp.Position(line=0, character=0), end=lsp.Position(line=99, character=0))


@pytest.mark.asyncio
async def test_findings(client):
    opened(client, OFFICE.read_text().replace("50000-50399", "50399-50000"))
    await client.wait_for_notification(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    found = client.diagnostics[URI]
    assert [(d.severity, d.source) for d in found] == [(lsp.DiagnosticSeverity.Error, "sallyport")]
    client.text_document_did_change(
        lsp.DidChangeTextDocumentParams(
            text_document=lsp.VersionedTextDocumentIdentifier(uri=URI, version=2),
            content_changes=[lsp.TextDocumentContentChangeWholeDocument(text=OFFICE.read_text())],
        )
    )
    await client.wait_for_notification(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert list(client.diagnostics[URI]) == []


@pytest.mark.asyncio
async def test_places(client):
    document = opened(client)
    at = dict(text_document=document)
    hover = await client.text_document_hover_async(lsp.HoverParams(position=place("publish files", 9), **at))
    assert "| PASV | refused | works | refused |" in hover.contents.value
    definition = await client.text_document_definition_async(
        lsp.DefinitionParams(position=place("allow", 16), **at)
    )
    assert [d.uri for d in definition] == [URI] and definition[0].range.start.line == 0
    references = await client.text_document_references_async(
        lsp.ReferenceParams(
            position=place("allow", 16), context=lsp.ReferenceContext(include_declaration=True), **at
        )
    )
    assert len(references) == 2
    highlights = await client.text_document_document_highlight_async(
        lsp.DocumentHighlightParams(position=place("allow", 16), **at)
    )
    assert len(highlights) == 2
    prepared = await client.text_document_prepare_rename_async(
        lsp.PrepareRenameParams(position=place("allow", 16), **at)
    )
    assert prepared.placeholder == "partners"
    edit = await client.text_document_rename_async(
        lsp.RenameParams(position=place("allow", 16), new_name="friends", **at)
    )
    assert len(edit.changes[URI]) == 2
    completion = await client.text_document_completion_async(
        lsp.CompletionParams(position=place("tls            ", 15), **at)
    )
    assert [item.label for item in completion.items] == ["off", "explicit", "implicit"]


@pytest.mark.asyncio
async def test_documents(client):
    document = opened(client)
    symbols = await client.text_document_document_symbol_async(lsp.DocumentSymbolParams(text_document=document))
    assert [s.name for s in symbols] == ["partners", "edge", "exchange", "files"]
    everywhere = await client.workspace_symbol_async(lsp.WorkspaceSymbolParams(query="fil"))
    assert [s.name for s in everywhere] == ["files"]
    folds = await client.text_document_folding_range_async(lsp.FoldingRangeParams(text_document=document))
    assert len(folds) == 3
    tokens = await client.text_document_semantic_tokens_full_async(
        lsp.SemanticTokensParams(text_document=document)
    )
    part = await client.text_document_semantic_tokens_range_async(
        lsp.SemanticTokensRangeParams(text_document=document, range=WHOLE)
    )
    assert tokens.data == part.data and len(tokens.data) % 5 == 0
    options = lsp.FormattingOptions(tab_size=4, insert_spaces=True)
    edits = await client.text_document_formatting_async(
        lsp.DocumentFormattingParams(text_document=document, options=options)
    )
    assert list(edits) == []
    edits = await client.text_document_range_formatting_async(
        lsp.DocumentRangeFormattingParams(text_document=document, range=WHOLE, options=options)
    )
    assert list(edits) == []
    hints = await client.text_document_inlay_hint_async(
        lsp.InlayHintParams(text_document=document, range=WHOLE)
    )
    assert "log off" in hints[0].label
    actions = await client.text_document_code_action_async(
        lsp.CodeActionParams(
            text_document=document, range=WHOLE, context=lsp.CodeActionContext(diagnostics=[])
        )
    )
    assert list(actions) == []
