/// Every cause. The order is that of the catalogue; which is told first is decided by what the evidence shows.
let allCauses: [any Cause] = [
  UnroutableAnnouncement(), MeaninglessAnnouncement(), RewrittenPort(), OtherPublicAddress(), OutsideRange(),
  ClosedPassivePort(), PeersDiffer(), SessionNotReused(), DataMustBeEncrypted(), DataTLSBroken(), NoTLSAtServer(),
  TLSRequired(), RangeUsedUp(), ForeignPort(), ActiveBlocked(), FamilyTrouble(), BadAnnouncedAddress(), IdleTimer(),
  OnePortFails(), LostReply(), MiddleboxAnswersAUTH(), AsymmetricPath(), MalformedAnnouncement(), RateFloor(),
  UploadCut(), TransparentProxy(), NoFTP(), LimitsAndLogins(), ServerDied(), ImpatientClient(), HelperSwitchedOff(),
]
