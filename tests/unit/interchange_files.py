"""Small files of other systems, written for these tests, and the ways in which the tests change them."""

import io
import zipfile
from collections.abc import Mapping

from app.content.interchange import importing
from app.content.interchange.values import Candidate, Refusal

CHOICE_ANSWERS = """
    <answer fraction="100" format="html"><text>Defer</text><feedback><text>Right.</text></feedback></answer>
    <answer fraction="0" format="html"><text>Treat</text><feedback format="html"><text></text></feedback></answer>
    <answer fraction="0" format="html"><text>Halve the fluence</text></answer>"""

ITEM_2 = """<?xml version="1.0" encoding="UTF-8"?>
<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="tan" title="Tan" adaptive="false"
    timeDependent="false">
  <responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">
    <correctResponse><value>B</value></correctResponse>
  </responseDeclaration>
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
  <outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>
  <itemBody>
    <p>The client has a <strong>tan</strong>.</p>
    <choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">
      <prompt>What do you do?</prompt>
      <simpleChoice identifier="A">Treat<feedbackInline outcomeIdentifier="FEEDBACK" identifier="A"
        showHide="show">It burns.</feedbackInline></simpleChoice>
      <simpleChoice identifier="B">Defer</simpleChoice>
      <simpleChoice identifier="C">Ask</simpleChoice>
    </choiceInteraction>
  </itemBody>
  <responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/>
</assessmentItem>
"""


def quiz(answers: str = CHOICE_ANSWERS, kind: str = "multichoice", more: str = "", stem: str = "What?") -> bytes:
    """Return a Moodle XML file with one question."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<quiz>
  <question type="category"><category><text>$course$/top/Lasers/safety</text></category></question>
  <question type="{kind}">
    <name><text>Tan now</text></name>
    <questiontext format="html"><text><![CDATA[{stem}]]></text></questiontext>
    <defaultgrade>1.0000000</defaultgrade>{more}{answers}
  </question>
</quiz>
""".encode()


def qti_item(interaction: str, declaration: str, processing: str, stem: str = "<p>Ask.</p>") -> bytes:
    """Return a QTI 3.0 item of these parts."""
    return f"""<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="i" title="An item"
  adaptive="false" time-dependent="false">
  {declaration}
  <qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>
  <qti-item-body>{stem}{interaction}</qti-item-body>
  {processing}
</qti-assessment-item>""".encode()


def taken(path: str, data: bytes) -> Candidate:
    """Return the one item of a file, which must be taken."""
    [found] = importing.read(path, data)
    assert isinstance(found, Candidate), found
    return found


def refused(path: str, data: bytes) -> Refusal:
    """Return the one refusal of a file."""
    [found] = importing.read(path, data)
    assert isinstance(found, Refusal), found
    return found


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            package.writestr(name, data)
    return out.getvalue()


def manifest(*hrefs: str, kind: str = "imsqti_item_xmlv2p1") -> bytes:
    """Return the manifest of a package with these items."""
    resources = "".join(f'<resource identifier="r{n}" type="{kind}" href="{href}"/>' for n, href in enumerate(hrefs))
    return f'<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><resources>{resources}</resources></manifest>'.encode()
