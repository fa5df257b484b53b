"""What the rules on bytes and kinds of file mean to the person who meets them; as `egress_review.meanings`."""

from __future__ import annotations

from collections.abc import Mapping

from registry.text import Text

OF_FILES: Mapping[str, Text] = {
    "file.polyglot": Text(
        "한 파일이 두 형식으로 열리면, 심사한 것과 밖에서 열리는 것이 다를 수 있습니다.",
        "A file that opens as two kinds can be one thing to the reviewer and another to whoever opens it outside.",
    ),
    "file.malware": Text(
        "받는 사람의 컴퓨터를 해칠 수 있는 파일입니다. 검사기가 없으면 통과가 아니라 ‘확인 안 됨’으로 적힙니다.",
        "It can harm the machine of whoever opens it. Where there is no virus scanner this is written as not checked, "
        "never as passed.",
    ),
    "archive.structure": Text(
        "압축 파일은 안에 든 것을 숨기고 풀면 한없이 커질 수 있습니다. 끝까지 풀어 하나씩 파일로 점검하며, "
        "한도를 넘는 것은 ‘확인 안 됨’으로 적힙니다.",
        "An archive hides what is in it and can grow without end. It is unpacked to the last member, each is checked "
        "as a file, and what would unpack to more than is read is written as not checked.",
    ),
    "document.structure": Text(
        "워드, 파워포인트, 한글(HWPX) 문서는 여러 부분을 묶은 파일입니다. 모든 부분을 끝까지 읽을 수 없으면 무엇이 "
        "들었는지 알 수 없습니다.",
        "A document of Word, PowerPoint or Hangul (HWPX) is a package of parts; unless every part can be read, nobody "
        "knows what it holds.",
    ),
    "document.parts": Text(
        "차트의 원자료, 안에 든 파일, 매크로, 밖에서 불러오는 값은 글에 보이지 않습니다. 매크로와 안에 든 파일은 "
        "차단됩니다.",
        "The data behind charts, embedded files, macros and fetched values do not show in the text. Macros and "
        "embedded files block.",
    ),
    "document.hidden": Text(
        "지운 글도 변경 이력에 남고, 메모, 발표자 메모, 숨긴 글, 숨긴 슬라이드도 함께 나갑니다. 한글이 파일에 넣는 "
        "미리보기 글에는 이미 지운 글이 남아 있을 수 있습니다. 저장할 때 만든 미리보기 그림은 심사자에게 알리기만 "
        "합니다.",
        "Deleted text stays in the tracked changes, and comments, speaker notes, hidden text and hidden slides leave "
        "with the file. The preview that Hangul puts into a file can keep text that was taken out. A picture of the "
        "first page from when the file was saved is pointed out to reviewers.",
    ),
    "document.people": Text(
        "문서 속성에는 지은이와 기관의 이름이 남습니다.",
        "The properties of a document keep the names of its authors and their organisation.",
    ),
    "pdf.structure": Text(
        "PDF는 첫 바이트부터 끝까지 어느 객체에 속하는지 따져 읽습니다. 암호가 걸렸거나 남는 바이트가 "
        "있으면 무엇이 들었는지 알 수 없습니다.",
        "Every byte of a PDF must belong to an object. With a password, or with bytes left over, nobody can say what "
        "it holds.",
    ),
    "pdf.active": Text(
        "열기만 해도 실행되거나 밖으로 연결될 수 있습니다.",
        "It can run, or call something outside, when it is opened.",
    ),
    "pdf.attached": Text(
        "첨부된 파일은 쪽에 보이지 않으므로 아무도 심사하지 않습니다.",
        "Attached files do not show on any page, so nobody reviews them.",
    ),
    "pdf.hidden": Text(
        "레이어, 주석, 양식, 보이지 않는 글, 이전 판은 화면에 보이지 않아도 파일에 남습니다.",
        "Layers, annotations, forms, invisible text and earlier versions stay in the file although no page shows them.",
    ),
    "pdf.metadata": Text(
        "지은이와 XMP 정보는 사람과 기관, 파일의 내력을 말합니다. 프로그램 이름과 만든 시각, 짧은 제목은 걸리지 "
        "않습니다.",
        "Author and XMP tell of people, organisations and where the file came from. The names of programs, the times "
        "they write and a short title do not matter.",
    ),
    "markup.structure": Text(
        "끝까지 읽을 수 없는 그림은 무엇이 들었는지 아무도 말할 수 없습니다.",
        "Of a drawing that cannot be read to its end nobody can say what it holds.",
    ),
    "markup.active": Text(
        "스크립트와 이벤트는 여는 사람의 컴퓨터에서 실행되고, 그 안에 자료를 담을 수 있습니다.",
        "Scripts and handlers run on the machine of whoever opens the file, and can carry data.",
    ),
    "markup.outside": Text(
        "밖에서 불러오는 것은 심사한 뒤에도 바뀔 수 있고, 누가 열었는지 알려 줍니다.",
        "What is loaded from outside can change after the review, and tells who opened the file.",
    ),
    "markup.hidden": Text(
        "주석, 숨긴 요소, 자료 속성은 화면에 보이지 않은 채 나갑니다.",
        "Comments, hidden elements and data attributes leave without being seen.",
    ),
    "figure.points": Text(
        "벡터 그림과 대화형 그림은 점마다 좌표를 담습니다. 산점도라면 한 점이 한 사람입니다. 선으로 이어지지도, "
        "구간이나 이름이 붙지도, 일정한 간격으로 놓이지도 않은 점이 다섯 개부터(상자 그림 밖은 두 개부터) "
        "불합격입니다. 점마다의 인원을 근거로 내면 집단의 점으로 봅니다. PNG의 점은 세지 않습니다.",
        "Vector and interactive figures keep the coordinates of every point; in a scatter plot each is one person. "
        "Five points that no line joins, no interval or name explains and that stand at no even step fail, two beyond "
        "a box plot too; with the people behind each point as evidence they are groups. Points of a PNG are not "
        "counted.",
    ),
    "image.noise": Text(
        "그림의 가장 낮은 비트를 바꾸면 눈에 보이지 않게 자료를 숨길 수 있습니다. 둘레와 그 비트만 다른 점이 많으면 "
        "심사자에게 알립니다. 의심일 뿐이며, 거친 사진이나 JPEG에 숨긴 것은 찾지 못합니다.",
        "Data can be hidden in the lowest bits of a picture where nobody sees it. Many points that differ from their "
        "surroundings in that bit only are pointed out to reviewers. It is a suspicion; what hides in a grainy "
        "photograph or a JPEG is not found.",
    ),
    "image.text": Text(
        "그림에 찍힌 글자도 글입니다. tesseract가 한국어와 영어로 읽어 식별정보와 사람의 행을 찾고, 없으면 ‘확인 안 "
        "됨’으로 적습니다. 괘선으로 표를 그린 그림은 아무도 읽지 않은 채로 통과하지 않습니다.",
        "Words in a picture are words. Tesseract reads them in Korean and English to find people and rows of them; "
        "without it the rule is not checked, and a picture of a ruled table does not pass unread.",
    ),
}
