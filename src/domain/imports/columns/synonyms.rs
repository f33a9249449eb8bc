//! The headings that people and other programs write for a field, in English, German, Spanish and French.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::LeadField;
use crate::domain::text::search_key;

/// Words of a heading without accents, separators and capitals, run together.
const SYNONYMS: [(LeadField, &str); 19] = [
    (
        LeadField::FirstName,
        "firstname fname given givenname forename first firstnames christianname contactfirstname leadfirstname propertyfirstname \
         personfirstname vorname rufname nombre nombredepila primernombre prenom",
    ),
    (
        LeadField::LastName,
        "lastname lname surname familyname last contactlastname leadlastname propertylastname personlastname nachname \
         familienname zuname apellido apellidos primerapellido nomdefamille nom",
    ),
    (
        LeadField::FullName,
        "name fullname contactname contact contactperson leadname personname propertyfullname displayname vollername \
         ansprechpartner ansprechpartnerin kontakt kontaktname kontaktperson vollstandigername nombrecompleto nombreyapellidos nombreyapellido \
         contacto personadecontacto nomcomplet nometprenom prenometnom nomprenom prenomnom interlocuteur",
    ),
    (
        LeadField::Email,
        "email emailaddress emails emailid emailaddr mail mailaddress emailaddresses primaryemail workemail emailwork businessemail \
         contactemail leademail propertyemail personemail email1 emailadresse mailadresse epost correo correoelectronico \
         direcciondecorreo direcciondecorreoelectronico direccionemail courriel adresseemail adressemail adressecourriel \
         adresseelectronique mel",
    ),
    (
        LeadField::Phone,
        "phone phonenumber telephone telephonenumber tel telno phoneno phone1 workphone businessphone phonework officephone \
         contactphone contactnumber contactnumbers mainphone propertyphone primaryphone personphone telefon telefonnummer telefonnr rufnummer \
         festnetz telefongeschaftlich fon telefono telefonofijo numerodetelefono telephonefixe numerodetelephone telfixe",
    ),
    (
        LeadField::Mobile,
        "mobile mobilephone mobilenumber mobilephonenumber cell cellphone cellular propertymobilephone mobil mobiltelefon \
         mobilnummer handy handynr handynummer movil telefonomovil celular portable telephoneportable telephonemobile telmobile gsm",
    ),
    (
        LeadField::Company,
        "company companyname organisation organization organisationname organizationname account accountname employer business \
         businessname firm propertycompany companyoraccount firma firmenname unternehmen organisationsname betrieb empresa \
         nombredelaempresa nombreempresa compania razonsocial organizacion entreprise societe nomdelentreprise nomdelasociete \
         raisonsociale",
    ),
    (
        LeadField::JobTitle,
        "jobtitle title position role jobrole contacttitle function jobposition propertyjobtitle berufsbezeichnung funktion stelle \
         stellung beruf cargo puesto puestodetrabajo fonction poste intituleduposte",
    ),
    (
        LeadField::Street,
        "street address streetaddress address1 addressone addressline1 addressline street1 mailingstreet mailingaddress billingstreet \
         postaladdress propertyaddress strasse strassehausnummer strasseundhausnummer strassehausnr strassenr str strassenname adresse anschrift \
         postanschrift calle direccion direccionpostal domicilio rue adressepostale adresse1 voie",
    ),
    (
        LeadField::HouseNumber,
        "housenumber houseno streetnumber streetno hausnummer hausnr numerodecasa numeroderue numerodevoie",
    ),
    (
        LeadField::Street2,
        "street2 streetsecondline address2 addresstwo addressline2 adresszusatz adresse2 zusatz calle2 direccion2 complementodedireccion \
         complementdadresse complementadresse apartment suite",
    ),
    (
        LeadField::City,
        "city town suburb locality municipality mailingcity billingcity propertycity stadt ort wohnort ciudad localidad poblacion \
         municipio ville commune localite",
    ),
    (
        LeadField::PostalCode,
        "postalcode postcode zip zipcode zippostalcode zippostcode postalzipcode mailingpostalcode mailingzip mailingzippostalcode \
         billingpostalcode propertyzip plz postleitzahl codigopostal cp codepostal",
    ),
    (
        LeadField::Region,
        "region state stateprovince stateorprovince stateregion province county mailingstate mailingstateprovince billingstate \
         propertystate bundesland kanton landkreis bundeslandregion provincia estado comunidadautonoma departement etat",
    ),
    (
        LeadField::Country,
        "country countryname countrycode countryregion nation mailingcountry mailingcountrycode billingcountry propertycountry land \
         landercode landname staat pais codigodepais pays codepays",
    ),
    (
        LeadField::Product,
        "product productname products productinterest productofinterest interestedproduct produkt produktname produktinteresse artikel \
         producto productodeinteres produit produitsouhaite",
    ),
    (
        LeadField::Source,
        "source leadsource origin leadorigin originalsource sourcename leadsourcename howdidyouhearaboutus propertyhsanalyticssource quelle \
         leadquelle herkunft fuente origen fuentedelprospecto origine sourceduprospect",
    ),
    (
        LeadField::Need,
        "need needs request enquiry inquiry message requirement requirements interest interests projectdescription anliegen bedarf \
         nachricht anfrage interesse necesidad mensaje solicitud consulta interes besoin besoins demande",
    ),
    (
        LeadField::InternalNote,
        "note notes internalnote internalnotes comment comments remark remarks description leaddescription propertynotes notiz \
         notizen internenotiz bemerkung bemerkungen anmerkung anmerkungen kommentar kommentare beschreibung nota notas notainterna \
         comentario comentarios observaciones descripcion noteinterne remarque remarques commentaire commentaires",
    ),
];

/// Whole words, or words in a row, that make a column a claim about permission.
const CLAIMS: &str = "permission|permissions|permitted|consent|consents|consented|opt in|optin|opt out|optout|opted in|opted out|gdpr|dsgvo|rgpd|\
     lawful basis|legal basis|legal ground|legal basis for processing|do not email|do not call|do not contact|do not mail|donotemail|\
     donotcall|donotcontact|dnc|unsubscribe|unsubscribed|subscribed|email permission|may contact|marketing allowed|einwilligung|\
     einwilligungen|einverstandnis|zustimmung|erlaubnis|rechtsgrundlage|werbeerlaubnis|widerspruch|widerruf|consentimiento|\
     permiso|autorizacion|base legal|base juridica|no contactar|no llamar|consentement|autorisation|base legale|ne pas contacter|\
     ne pas appeler|desabonne|desinscrit";

static FIELDS: LazyLock<HashMap<&'static str, LeadField>> = LazyLock::new(|| {
    SYNONYMS
        .iter()
        .flat_map(|(field, words)| words.split_whitespace().map(|word| (word, *field)))
        .collect()
});

/// The field a heading means, also with a remark in brackets behind it.
pub(super) fn field(heading: &str) -> Option<LeadField> {
    let lookup = |text: &str| FIELDS.get(words(text).replace(' ', "").as_str()).copied();
    lookup(heading).or_else(|| lookup(heading.split(['(', '[']).next()?))
}

/// Whether a heading speaks of permission, consent or an objection.
pub(super) fn is_permission_claim(heading: &str) -> bool {
    let padded = format!(" {} ", words(heading));
    CLAIMS.split('|').any(|claim| {
        padded
            .match_indices(claim)
            .any(|(start, _)| padded[..start].ends_with(' ') && padded[start + claim.len()..].starts_with(' '))
    })
}

/// The words of a heading in lower case without accents, split at separators and at capitals within (`firstName`).
fn words(heading: &str) -> String {
    let mut spaced = String::with_capacity(heading.len() + 8);
    let mut after_small = false;
    for letter in heading.chars() {
        if letter.is_uppercase() && after_small {
            spaced.push(' ');
        }
        after_small = letter.is_lowercase() || letter.is_ascii_digit();
        spaced.push(letter);
    }
    let key = search_key(&spaced);
    let separated: Vec<&str> = key
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    separated.join(" ")
}

#[cfg(test)]
pub(super) fn assert_unique() {
    let all: Vec<_> = SYNONYMS
        .iter()
        .flat_map(|(_, words)| words.split_whitespace())
        .collect();
    let doubled: Vec<_> = all
        .iter()
        .enumerate()
        .filter(|(index, word)| all[..*index].contains(word))
        .collect();
    assert!(doubled.is_empty(), "{doubled:?}");
}
