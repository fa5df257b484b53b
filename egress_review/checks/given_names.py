"""Given names of people abroad in Latin letters: those that are hardly anything else when a capitalised word follows.

Names that are also words, months, places, firms, or known for a method are left out on purpose.
"""

from __future__ import annotations

GIVEN = frozenset(
    """
    aaron abigail adam adele adrian agnes aidan albert alejandro alessandro alexander alexandra alfred alison allison
    amanda amelia amelie amy andrea andreas andrew angela anita anna annabel anne annette anthony antonio arthur arturo
    ashley astrid audrey barbara beatrice beatriz benedict benjamin bernadette bethany bianca birgit brandon brenda
    brian bridget bruce bruno caitlin callum camille carlos carmen carol caroline carolyn catherine cecilia charles
    christina christine christoph christopher claire clara claudia colin connor constance craig cristina cynthia cyril
    damian daniel daniela danielle darren david deborah debra declan deirdre denise dennis derek diane diego dmitri
    dolores dominic donald donna dorothy douglas duncan dylan edith edmund eduardo edward edwin eileen elaine eleanor
    elena eliza elizabeth ella ellen elliot emil emilia emily emma enrique eric erica erik erin ernest esther ethan
    eugene eva evelyn felicity felipe felix fernando fiona frances francesca francisco francois frank frederick
    friedrich gabriel gabriela gareth gary gavin geoffrey george gerald gerard giovanni giulia glenn gloria gordon
    graham greta gregory guillermo gunther gustav gwen hannah harald harold harriet harry hazel heather heidi heinrich
    helen helena helga henrietta henry herbert hilary hiroshi howard hugh hugo ian ibrahim ignacio imogen ingrid irene
    irina isabel isabella isabelle ivan jack jacob jacqueline jacques jaime jamal james jamie jana jane janet janice
    jared jasmine jason javier jean jeanette jeffrey jennifer jeremy jerome jessica jill joan joanna joanne joaquin
    jodie joel johann johanna johannes john jonathan jorge jose josef joseph josephine joshua joyce juan juanita judith
    julia julian juliana julie juliet jurgen justin karen karin karl kate katherine kathleen kathryn katie katrina
    keith kenneth kenji kevin kieran kimberly klaus kristina kurt kyle larissa lars laura lauren laurence lawrence
    leah leila leo leon leonard leonardo leonora leslie liam lillian linda lisa lorenzo lorraine louis louise lucas
    lucia lucy luis luisa lukas luke lydia lynn mabel madeleine maeve magdalena malcolm manfred manuel marc marcel
    marcela marcia marco marcus margaret margarita maria mariana marianne marie marina mario marjorie martha martin
    martina mathilde matilda matteo matthew matthias maureen maurice megan mehmet melanie melissa michael michaela
    michelle miguel mildred millicent miriam moira mohamed mohammed molly monica mohammad muhammad muriel nadia nancy
    naomi natalia natalie natasha nathan nathaniel neil nicholas nicola nicole nigel noah noel nora norma norman nuala
    oleg olga oliver olivia oscar osman otto owen pablo pamela patricia patrick paul paula pauline pedro penelope
    peter petra philip philippa phillip phoebe phyllis pierre priscilla priya rachel rafael rajesh ralph ramesh ramon
    raphael raquel raymond rebecca regina reginald renate ricardo richard robert roberta roberto robin rodney rodrigo
    roger roland ronald rosalind rosemary roy ruben rudolf rupert russell ruth ryan sabine sabrina sally samantha
    samuel sandra sanjay sara sarah sean sebastian sergei sergio shannon sharon sheila shirley silvia simon simone
    siobhan sofia sonia sophia sophie stanislav stefan stefanie stephanie stephen steven stewart stuart sunita suresh
    susan susanna suzanne svetlana sven sylvia takeshi tamara tania tatiana terence teresa thelma theodore theresa
    thomas timothy tobias trevor tristan ulrich ulrike ursula valentina valerie vanessa vera veronica vikram vincent
    viktor vivian vladimir walter wanda wendy wilfred wilhelm william winifred wolfgang xavier yasmin yolanda yoshiko
    yusuf yuki yvette yvonne zachary zoe aisha akiko ahmed ali amina amit anil ananya arjun asif chidi chukwuemeka
    deepak deepika devika farah fatima fatou gaurav hamza hassan hussein imran kavita khadija khalid lakshmi layla
    leticia manoj meera mustafa nasreen neha nguyen ngozi nikhil olumide omar padma pooja rahul rohan sakura salma
    samir sandeep shreya sunil tariq tendai vijay yukiko zainab mei xiaoming weiming jiahui yating haruto hana
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
